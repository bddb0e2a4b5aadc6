//! Texts in a function's variables that are known only once the gateway runs.

/// What encloses the name of a queue; no file has these characters by chance (they are for private use).
const OPEN: char = '\u{e0f1}';
const CLOSE: char = '\u{e0f2}';

/// Stands for the URL of a queue.
pub(crate) fn queue_url(queue: &str) -> String {
    format!("{OPEN}{queue}{CLOSE}")
}

/// Puts the URLs of queues where they belong.
pub(crate) fn resolve(text: &str, queue_url: impl Fn(&str) -> String) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((queue, behind)) = after.split_once(CLOSE) else { break };
        resolved.push_str(before);
        resolved.push_str(&queue_url(queue));
        rest = behind;
    }
    resolved + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_queues_take_their_places_and_all_else_stays() {
        let url = |queue: &str| format!("http://q/{queue}");
        let text = format!("a {} b {}", queue_url("one"), queue_url("two"));
        assert_eq!(resolve(&text, url), "a http://q/one b http://q/two");
        assert_eq!(resolve("nothing", url), "nothing");
        assert_eq!(resolve("cut off \u{e0f1}one", url), "cut off \u{e0f1}one");
    }
}
