//! What there is to tell.

use serde_json::json;

/// As much of the compiler's errors as a page shows, in bytes; the terminal has all.
const ERROR_BYTES: usize = 64 * 1024;

/// What a development tool tells the pages that its gateway serves.
///
/// # Examples
///
/// ```no_run
/// use lift_ws_local::PageNews;
///
/// # fn report(gateway: &lift_ws_local::LocalGateway, compiler: String) {
/// gateway.tell_pages(PageNews::BuildFailed { errors: compiler }); // every open page shows them
/// gateway.tell_pages(PageNews::BuildPassed);                      // and no more
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageNews {
    /// Sources have changed.
    BuildStarted,
    /// The build that has just ended is none to run, and this is why, as plain text.
    BuildFailed {
        /// What is to be shown.
        errors: String,
    },
    /// What has just been built takes new events.
    BuildPassed,
    /// Files of the page itself have changed: pages load anew.
    PageChanged,
}

/// How things stand, for pages that come later too.
#[derive(Debug)]
pub(super) struct State {
    gateway: String,
    page: u64,
    build: &'static str,
    errors: String,
}

impl State {
    pub(super) fn new(gateway: String) -> Self {
        Self { gateway, page: 0, build: "passed", errors: String::new() }
    }

    pub(super) fn hear(&mut self, news: PageNews) {
        match news {
            // What is wrong stays in sight until it is mended.
            PageNews::BuildStarted => self.build = "running",
            PageNews::BuildFailed { errors } => (self.build, self.errors) = ("failed", cut(errors)),
            PageNews::BuildPassed => (self.build, self.errors) = ("passed", String::new()),
            PageNews::PageChanged => self.page += 1,
        }
    }

    pub(super) fn to_json(&self) -> String {
        let Self { gateway, page, build, errors } = self;
        json!({ "gateway": gateway, "page": page, "build": build, "errors": errors }).to_string()
    }
}

fn cut(mut errors: String) -> String {
    if errors.len() > ERROR_BYTES {
        errors.truncate(errors.floor_char_boundary(ERROR_BYTES));
        errors.push_str("\n… the terminal has the rest");
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(news: &[PageNews]) -> serde_json::Value {
        let mut state = State::new("g".to_owned());
        news.iter().for_each(|news| state.hear(news.clone()));
        serde_json::from_str(&state.to_json()).unwrap()
    }

    fn failed() -> PageNews {
        PageNews::BuildFailed { errors: "error: \"<b>".to_owned() }
    }

    #[test]
    fn errors_stay_until_a_build_passes() {
        let state = |build: &str, errors: &str| json!({ "gateway": "g", "page": 0, "build": build, "errors": errors });
        assert_eq!(told(&[]), state("passed", ""));
        assert_eq!(told(&[failed()]), state("failed", "error: \"<b>"));
        assert_eq!(told(&[failed(), PageNews::BuildStarted]), state("running", "error: \"<b>"));
        assert_eq!(told(&[failed(), PageNews::BuildStarted, PageNews::BuildPassed]), state("passed", ""));
    }

    #[test]
    fn a_changed_page_is_counted_and_says_nothing_of_the_build() {
        let state = told(&[failed(), PageNews::PageChanged, PageNews::PageChanged]);
        assert_eq!((&state["page"], &state["build"]), (&json!(2), &json!("failed")));
    }

    #[test]
    fn more_than_anybody_reads_is_cut_between_characters() {
        let errors = "ä".repeat(ERROR_BYTES);
        let cut = cut(errors);
        assert!(cut.len() < ERROR_BYTES + 100 && cut.ends_with("ä\n… the terminal has the rest"));
    }
}
