//! Which stage of which API a request is for: the path's first segment says it, or a custom domain's mapping.

use crate::core::{DomainMapping, url};
use crate::site::SiteId;

/// The first segment of a callback URL that reaches connections of every stage; no stage can have this name.
pub(crate) const ANY_STAGE: &str = "~";

/// What can be reached on one port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sites {
    /// The stages of the port's API.
    pub(crate) stages: Vec<(String, SiteId)>,
    /// The custom domains of the whole gateway.
    pub(crate) domains: Vec<Domain>,
    /// The domain that handshakes are taken to be for, whatever their `Host`. `@connections` is not: programs have URLs of it
    /// that need no domain.
    pub(crate) assumed: Option<String>,
}

/// A custom domain and its API mappings.
#[derive(Clone, Debug)]
pub(crate) struct Domain {
    /// In lower case.
    pub(crate) name: String,
    /// The first segment of the path, which may be empty, and where it leads.
    pub(crate) mappings: Vec<(String, SiteId)>,
}

/// Where a request leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    Site {
        site: SiteId,
        mapping: Option<DomainMapping>,
    },
    /// Connections of whatever stage.
    AnySite {
        mapping: DomainMapping,
    },
    /// A path that API Gateway keeps for itself on custom domains (contract §8.19).
    HealthCheck,
    /// A custom domain that has no such mapping.
    Nowhere,
}

impl Sites {
    /// Where a handshake leads. `host` is the `Host` header, `path` is as sent.
    pub(crate) fn reach(&self, host: Option<&str>, path: &str) -> Reached {
        self.lead(self.handshake_domain(host), path)
    }

    /// Where a request to `@connections` leads.
    pub(crate) fn reach_connections(&self, host: Option<&str>, path: &str) -> Reached {
        self.lead(self.custom_domain(host, None), path)
    }

    fn lead(&self, domain: Option<(&Domain, String)>, path: &str) -> Reached {
        let mut segments = path.trim_start_matches('/').split('/').map(url::decode);
        let first = segments.next().unwrap_or_default();
        if let Some((domain, domain_name)) = domain {
            return domain.reach(domain_name, &first, segments.next().is_none());
        }
        if first == ANY_STAGE {
            let mapping = DomainMapping { domain_name: String::new(), path: first };
            return Reached::AnySite { mapping };
        }
        // Another stage, or none, is refused by whichever stage there is.
        let stage = self.stages.iter().find(|(stage, _)| *stage == first).or(self.stages.first());
        Reached::Site { site: stage.map(|(_, site)| *site).unwrap_or_default(), mapping: None }
    }

    /// Whether a path is for WebSockets rather than for a page.
    pub(crate) fn is_taken(&self, host: Option<&str>, path: &str) -> bool {
        let first = url::decode(path.trim_start_matches('/').split('/').next().unwrap_or_default());
        match self.handshake_domain(host) {
            // The page of a domain that is mapped as a whole is the only one there could be at its root.
            Some((domain, _)) => !first.is_empty() && domain.mappings.iter().any(|(path, _)| *path == first),
            None => self.stages.iter().any(|(stage, _)| *stage == first),
        }
    }

    fn handshake_domain(&self, host: Option<&str>) -> Option<(&Domain, String)> {
        self.custom_domain(host, self.assumed.as_deref())
    }

    /// The custom domain that a request is for, and how programs reach it: with the port that the client has used.
    fn custom_domain(&self, host: Option<&str>, assumed: Option<&str>) -> Option<(&Domain, String)> {
        if self.domains.is_empty() {
            return None;
        }
        let (name, port) = split_port(host.unwrap_or_default());
        let name = assumed.unwrap_or(name).to_ascii_lowercase();
        let domain = self.domains.iter().find(|domain| domain.name == name)?;
        Some((domain, format!("{name}{port}")))
    }
}

impl Domain {
    fn reach(&self, domain_name: String, first: &str, is_last: bool) -> Reached {
        if is_last && matches!(first, "ping" | "sping") {
            return Reached::HealthCheck;
        }
        let mapped = |wanted: &str| self.mappings.iter().find(|(path, _)| path == wanted);
        match mapped(first).or_else(|| mapped("")) {
            Some((path, site)) => {
                let mapping = DomainMapping { domain_name, path: path.clone() };
                Reached::Site { site: *site, mapping: Some(mapping) }
            }
            None => Reached::Nowhere,
        }
    }
}

/// The name, and the port with its colon, if there is one.
fn split_port(host: &str) -> (&str, &str) {
    match host.rfind(':') {
        Some(colon) if host[colon + 1..].bytes().all(|byte| byte.is_ascii_digit()) => host.split_at(colon),
        _ => (host, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites() -> Sites {
        let domain = |name: &str, mappings: &[(&str, usize)]| Domain {
            name: name.to_owned(),
            mappings: mappings.iter().map(|(path, site)| ((*path).to_owned(), SiteId::new(*site))).collect(),
        };
        Sites {
            stages: vec![("dev".to_owned(), SiteId::new(0)), ("prod".to_owned(), SiteId::new(1))],
            domains: vec![
                domain("ws.example.org", &[("chat", 1), ("news", 2)]),
                domain("whole.localhost", &[("", 2)]),
            ],
            assumed: None,
        }
    }

    fn site(site: usize) -> Reached {
        Reached::Site { site: SiteId::new(site), mapping: None }
    }

    fn mapped(site: usize, domain_name: &str, path: &str) -> Reached {
        let mapping = DomainMapping { domain_name: domain_name.to_owned(), path: path.to_owned() };
        Reached::Site { site: SiteId::new(site), mapping: Some(mapping) }
    }

    #[test]
    fn without_a_custom_domain_the_first_segment_is_the_stage() {
        let sites = sites();
        assert_eq!(sites.reach(Some("127.0.0.1:3000"), "/dev"), site(0));
        assert_eq!(sites.reach_connections(None, "/prod/@connections/a"), site(1));
        assert_eq!(sites.reach(None, "/other"), site(0));
        assert!(sites.is_taken(None, "/prod") && !sites.is_taken(None, "/index.html"));
        let Reached::AnySite { mapping } = sites.reach_connections(None, "/~/@connections/a") else {
            panic!()
        };
        assert_eq!(mapping.path, "~");
    }

    #[test]
    fn on_a_custom_domain_the_first_segment_is_the_mapping() {
        let sites = sites();
        let host = Some("WS.example.org:3000");
        assert_eq!(sites.reach(host, "/chat"), mapped(1, "ws.example.org:3000", "chat"));
        assert_eq!(
            sites.reach_connections(Some("ws.example.org"), "/news/@connections/a"),
            mapped(2, "ws.example.org", "news")
        );
        assert_eq!(sites.reach(host, "/prod"), Reached::Nowhere);
        assert_eq!(
            sites.reach_connections(Some("whole.localhost:1"), "/@connections/a"),
            mapped(2, "whole.localhost:1", "")
        );
        assert!(sites.is_taken(host, "/chat") && !sites.is_taken(host, "/prod"));
        assert!(!sites.is_taken(Some("whole.localhost"), "/"));
    }

    #[test]
    fn the_health_checks_of_a_custom_domain_are_no_path_of_its_apis() {
        let sites = sites();
        assert_eq!(sites.reach(Some("whole.localhost"), "/ping"), Reached::HealthCheck);
        assert_eq!(sites.reach(Some("whole.localhost"), "/sping"), Reached::HealthCheck);
        assert_eq!(sites.reach(None, "/ping"), site(0));
    }

    #[test]
    fn a_domain_can_be_assumed_for_clients_that_name_another() {
        let sites = Sites { assumed: Some("ws.example.org".to_owned()), ..sites() };
        assert_eq!(sites.reach(Some("127.0.0.1:3000"), "/chat"), mapped(1, "ws.example.org:3000", "chat"));
    }

    #[test]
    fn an_assumed_domain_leaves_callback_urls_as_they_are() {
        for assumed in ["ws.example.org", "whole.localhost"] {
            let sites = Sites { assumed: Some(assumed.to_owned()), ..sites() };
            let home = Some("127.0.0.1:3000");
            assert_eq!(sites.reach_connections(home, "/prod/@connections/a"), site(1));
            let any = sites.reach_connections(home, "/~/@connections/a");
            assert!(matches!(any, Reached::AnySite { .. }), "{any:?}");
            let by_domain = sites.reach_connections(Some("ws.example.org:3000"), "/news/@connections/a");
            assert_eq!(by_domain, mapped(2, "ws.example.org:3000", "news"));
        }
    }
}
