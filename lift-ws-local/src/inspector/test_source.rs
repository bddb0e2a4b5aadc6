//! A past event as the source of a test: the same again, in `lift_ws::testing`, with what came of it as the expectation.
//!
//! What names call a secret is left out, as tests are committed: in query, headers, and JSON (messages, replies, what the
//! authorizer said, batches). A text that is no JSON has no names, and stands as it is. The samples in `golden/` are compiled
//! and run by the tests of the workspace (`tests/tests/recorded`).

mod writer;

use std::borrow::Cow;

use serde_json::Value;

use super::entry::{Entry, Invocation, What};
use super::journal::Journal;
use super::peek;
use super::summary::kind_of_event;
use crate::inspector::EntryId;
use writer::{Test, words};

impl Journal {
    /// The test of an entry; `None` if it is gone, or nothing that an app can be given,
    /// or was not kept whole.
    pub(super) fn test_source(&self, id: EntryId, app: &str) -> Option<String> {
        let entry = self.entry(id)?;
        let mut test = Test::new(app);
        match &entry.what {
            What::Invocation(invocation) => self.invocation_source(entry, invocation, &mut test)?,
            // Of a part of a message something else would come.
            What::TurnedAway { text: Some(text), left_out: 0, route, .. } => {
                test.name = format!("{} goes nowhere", words(route));
                test.connect(self.handshake_of(entry).as_ref());
                test.send(text);
            }
            _ => return None,
        }
        Some(test.source())
    }

    fn invocation_source(&self, entry: &Entry, invocation: &Invocation, test: &mut Test) -> Option<()> {
        let event: Value = serde_json::from_slice(&invocation.event).ok()?;
        let kind = kind_of_event(&peek::peek(&invocation.event));
        match kind {
            "message" => {
                test.name = format!("{} as recorded", words(&invocation.route));
                let handshake = self.handshake_of(entry);
                let body = event["body"].as_str().unwrap_or_default();
                if handshake.is_some() || event["requestContext"]["authorizer"].is_null() {
                    test.connect(handshake.as_ref());
                    test.say_what_came_before(self.messages_before(entry));
                    test.send(body);
                    // The reply to a replay is told to nobody: it should be that of the first time.
                    match (invocation.replay_of, self.reply_to(invocation.replay_of.unwrap_or(entry.id))) {
                        (Some(_), None) => test.expect_nothing_certain(),
                        (_, reply) => test.expect_reply(reply),
                    }
                    test.receive(&self.posts_after(entry));
                } else {
                    test.invoke(&invocation.route, body, &event);
                    test.expect_status(invocation);
                }
            }
            "connect" => {
                test.name = "connect as recorded".to_owned();
                test.handshake(&event, invocation);
            }
            "disconnect" => {
                test.name = "disconnect as recorded".to_owned();
                test.connect(self.handshake_of(entry).as_ref());
                test.disconnect(&event["requestContext"]);
            }
            "authorizer" => {
                test.name = "authorize as recorded".to_owned();
                test.authorize(&event, invocation);
            }
            _ => {
                test.name = "batch as recorded".to_owned();
                test.batch(invocation);
            }
        }
        Some(())
    }

    /// The CONNECT event of an entry's connection.
    fn handshake_of(&self, entry: &Entry) -> Option<Value> {
        let of_connection = self.newest_first().filter(|other| other.connection == entry.connection);
        of_connection
            .filter_map(|other| match &other.what {
                What::Invocation(invocation) if invocation.route == "$connect" => Some(invocation),
                _ => None,
            })
            .map(|invocation| invocation.event.clone())
            .find(|event| kind_of_event(&peek::peek(event)) == "connect")
            .and_then(|event| serde_json::from_slice(&event).ok())
    }

    /// How many messages of the same connection the function was given before.
    fn messages_before(&self, entry: &Entry) -> usize {
        let before = self.newest_first().skip_while(|other| other.id >= entry.id);
        before.filter(|other| other.connection == entry.connection && is_message(other)).count()
    }

    /// What was posted to the connection until the next call of a function. Another that was under way may have done it.
    fn posts_after(&self, entry: &Entry) -> Vec<Cow<'_, str>> {
        self.after(entry.id)
            .take_while(|other| !matches!(other.what, What::Invocation(_)))
            .filter(|other| other.connection == entry.connection)
            .filter_map(|other| match &other.what {
                What::Management { method, body, status: 200 } if &**method == "POST" => {
                    Some(String::from_utf8_lossy(body))
                }
                _ => None,
            })
            .collect()
    }

    fn reply_to(&self, id: EntryId) -> Option<&str> {
        self.after(id).find_map(|entry| match &entry.what {
            What::Sent { text, reply_to: Some(to) } if *to == id => Some(&**text),
            _ => None,
        })
    }
}

/// Whether a client sent a message.
fn is_message(entry: &Entry) -> bool {
    let What::Invocation(Invocation { event, replay_of: None, .. }) = &entry.what else { return false };
    kind_of_event(&peek::peek(event)) == "message"
}

#[cfg(test)]
mod tests;
