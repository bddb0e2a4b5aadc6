//! Requests that come over a custom domain: its mapping stands where the stage would (contract §5.2).

use super::url;

/// The mapping of a custom domain by which a request came.
///
/// The path then has the mapping in place of the stage: `/chat/@connections/…` with the mapping `chat`,
/// `/@connections/…` if the whole domain is mapped. Events keep the real stage (contract §2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainMapping {
    /// What events have as `domainName`.
    pub domain_name: String,
    /// The first segment of the path, decoded; empty, if the whole domain is mapped.
    pub path: String,
}

/// The first segment that requests to a stage have.
pub(super) fn base<'b>(mapping: Option<&'b DomainMapping>, stage: &'b str) -> &'b str {
    mapping.map_or(stage, |mapping| mapping.path.as_str())
}

/// What of a path, as sent, stands below its first segment, if that is `base`; of an empty one, all of it.
pub(super) fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    if base.is_empty() {
        return Some(path);
    }
    let (first, below) = path.split_once('/').unwrap_or((path, ""));
    (url::decode(first) == base).then_some(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segment_is_the_stage_or_the_mapping_or_nothing() {
        assert_eq!(below("dev/@connections/a", "dev"), Some("@connections/a"));
        assert_eq!(below("%64ev", "dev"), Some(""));
        assert_eq!(below("developers/@connections/a", "dev"), None);
        assert_eq!(below("@connections/a", ""), Some("@connections/a"));
        let mapping = DomainMapping { domain_name: "ws.example.org".to_owned(), path: String::new() };
        assert_eq!((base(Some(&mapping), "dev"), base(None, "dev")), ("", "dev"));
    }
}
