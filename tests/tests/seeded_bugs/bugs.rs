//! The bugs: each a mistake that somebody could make, as a change of one place.

pub(crate) struct Bug {
    pub(crate) name: &'static str,
    /// Below `lift-ws/src`.
    pub(crate) file: &'static str,
    pub(crate) right: &'static str,
    pub(crate) wrong: &'static str,
}

pub(crate) const BUGS: &[Bug] = &[
    Bug {
        name: "no grace for a 410",
        file: "connection/deliver.rs",
        right: "self.shared.settings.gone_grace.as_millis()",
        wrong: "0_u128",
    },
    Bug {
        name: "unconditional save",
        file: "store/memory/rows.rs",
        right: "Some(Row::Tombstone { .. }) => {\n                Err(",
        wrong: "Some(Row::Tombstone { until: 0 }) => {\n                Err(",
    },
    Bug {
        name: "no tombstone",
        file: "store/memory/rows.rs",
        right: "self.rows.entry(connection_id.to_owned()).or_insert(tombstone);",
        wrong: "drop(tombstone);",
    },
    Bug {
        name: "delete before load",
        file: "connection/lifecycle.rs",
        right: "let record = outcome?;",
        wrong: "drop(outcome?);\n        let record = self.within(self.shared.store.get(scope, connection_id)).await?;",
    },
    Bug {
        name: "two are told of one departure",
        file: "connection/lifecycle.rs",
        right: "        let scope = self.scope_key()?;\n        self.shared.cache.remove(connection_id);",
        wrong: "        let scope = self.scope_key()?;\n        if let Some(known) = self.cached(connection_id)? {\n            self.within(self.shared.store.delete(scope, connection_id, 0)).await?;\n            self.forget(&known).await;\n            return Ok(Some((*known).clone()));\n        }\n        self.shared.cache.remove(connection_id);",
    },
    Bug {
        name: "a refused connect is saved",
        file: "service/lifecycle.rs",
        right: "        if !reply.is_success() {\n            let status = reply.status();",
        wrong: "        if let Some(connections) = scope.connections().filter(|_| !reply.is_success()) {\n            let _ = connections.admitted(admission(event, reply.accept())).await;\n        }\n        if !reply.is_success() {\n            let status = reply.status();",
    },
    Bug {
        name: "a failed save is not taken back",
        file: "connection/lifecycle.rs",
        right: "if error.kind() != StoreErrorKind::Closed {",
        wrong: "if error.kind() == StoreErrorKind::NoScope {",
    },
    Bug {
        name: "an accepted connection is not in its groups",
        file: "connection/lifecycle.rs",
        right: "self.within(self.shared.store.join(scope, &group, &membership)).await?;",
        wrong: "drop(membership);",
    },
    Bug {
        name: "first page only",
        file: "connection/members.rs",
        right: "Ok(Some((page, (group, next))))",
        wrong: "Ok(Some((page, (group, next.filter(|_| false)))))",
    },
    Bug {
        name: "an empty page is the last",
        file: "connection/members.rs",
        right: "let next = page.cursor.take();",
        wrong: "let next = page.cursor.take().filter(|_| !page.members.is_empty());",
    },
    Bug {
        name: "the cursor skips the unsent",
        file: "connection/waiting.rs",
        right: "Reached::Turn(turn) => turn.recipient().cursor(),",
        wrong: "Reached::Turn(turn) => turn.page.last().unwrap_or(turn.recipient()).cursor(),",
    },
    Bug {
        name: "members are read eventually consistent",
        file: "connection/group.rs",
        right: "sending: Sending::new(connections), consistent: true }",
        wrong: "sending: Sending::new(connections), consistent: false }",
    },
    Bug {
        name: "unknown outcomes are sent again",
        file: "connection/deliver.rs",
        right: "PostErrorKind::UnknownOutcome => self == Self::Unknown,",
        wrong: "PostErrorKind::UnknownOutcome => true,",
    },
    Bug {
        name: "a timeout counts as gone",
        file: "connection/deliver.rs",
        right: ".unwrap_or_else(|_| Err(PostError::new(PostErrorKind::UnknownOutcome)))",
        wrong: ".unwrap_or_else(|_| Err(PostError::new(PostErrorKind::Gone)))",
    },
    Bug {
        name: "gone connections stay for ever",
        file: "connection/deliver.rs",
        right: "Ok(GoneOutcome::Removed(record)) => self.forget(record).await,",
        wrong: "Ok(GoneOutcome::Removed(_)) => {}",
    },
    Bug {
        name: "memberships stay after a disconnect",
        file: "connection/lifecycle.rs",
        right: "        if let Some(record) = &record {\n            self.forget(record).await;",
        wrong: "        if let Some(record) = record.as_ref().filter(|_| false) {\n            self.forget(record).await;",
    },
    Bug {
        name: "the cache never expires",
        file: "connection/cache.rs",
        right: "ambient::now() < entry.until",
        wrong: "(entry.until + self.life > entry.until)",
    },
    Bug {
        name: "the cache keeps what a change has outdated",
        file: "connection/cache.rs",
        right: "if generations.versions[slot] != read_at.0 {",
        wrong: "if generations.versions[slot] < read_at.0 {",
    },
    Bug {
        name: "the cache does not learn of joins",
        file: "connection/joining.rs",
        right: "            record.insert_group(group, membership.member.clone());\n",
        wrong: "            let _ = record;\n",
    },
    Bug {
        name: "join before record",
        file: "store/memory/rows.rs",
        right: "            return Err(StoreError::new(StoreErrorKind::UnknownConnection).about(id));\n        };\n        if !record.is_in(group)",
        wrong: "            let key = (membership.connected_at, id.clone());\n            self.groups.entry(group.to_owned()).or_default().insert(key, membership.clone());\n            return Ok(());\n        };\n        if !record.is_in(group)",
    },
    Bug {
        name: "join without its record",
        file: "store/memory/rows.rs",
        right: "        record.insert_group(group, membership.member.clone());\n",
        wrong: "        let _ = record;\n",
    },
    Bug {
        name: "expired rows count as members",
        file: "connection/listing.rs",
        right: "self.shared.clock.now().saturating_sub(longest)",
        wrong: "self.shared.clock.now().saturating_sub(longest) / 2",
    },
    Bug {
        name: "an expired record is used",
        file: "connection/lifecycle.rs",
        right: "record.filter(|record| record.expires_at() > now)",
        wrong: "record.filter(|record| record.expires_at() + 86_400 > now)",
    },
    Bug {
        name: "two stages share their rows",
        file: "connection/target.rs",
        right: "scope: Some(format!(\"{api_id}/{stage}\").into())",
        wrong: "scope: Some(format!(\"{api_id}/prod\").into())",
    },
    Bug {
        name: "a change of identity undoes a join",
        file: "connection/identify.rs",
        right: "cached.identify_as(&record);",
        wrong: "*cached = record.clone();",
    },
];
