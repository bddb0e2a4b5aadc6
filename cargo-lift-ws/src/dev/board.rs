//! What pages are told of the builds, where there may be several.

use std::cell::RefCell;
use std::collections::BTreeMap;

use lift_ws_local::{LocalGateway, PageNews};

/// Which builds have failed, and why.
pub(super) struct Board<'g> {
    gateway: &'g LocalGateway,
    failed: RefCell<Failed>,
}

/// The errors of each build that is none to run, by its name.
#[derive(Debug, Default)]
struct Failed(BTreeMap<String, String>);

impl<'g> Board<'g> {
    pub(super) fn new(gateway: &'g LocalGateway) -> Self {
        Self { gateway, failed: RefCell::default() }
    }

    pub(super) fn page_changed(&self) {
        self.gateway.tell_pages(PageNews::PageChanged);
    }

    pub(super) fn started(&self) {
        self.gateway.tell_pages(PageNews::BuildStarted);
    }

    pub(super) fn passed(&self, name: &str) {
        self.gateway.tell_pages(self.failed.borrow_mut().passed(name));
    }

    pub(super) fn failed(&self, name: &str, errors: String) {
        self.gateway.tell_pages(self.failed.borrow_mut().failed(name, errors));
    }
}

impl Failed {
    fn passed(&mut self, name: &str) -> PageNews {
        self.0.remove(name);
        self.news()
    }

    fn failed(&mut self, name: &str, errors: String) -> PageNews {
        self.0.insert(name.to_owned(), errors);
        self.news()
    }

    /// One build that passes does not hide the errors of another.
    fn news(&self) -> PageNews {
        if self.0.is_empty() {
            return PageNews::BuildPassed;
        }
        PageNews::BuildFailed { errors: self.0.values().cloned().collect::<Vec<_>>().join("\n\n") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_errors_of_one_build_stay_while_another_passes() {
        let mut failed = Failed::default();
        let errors = |text: &str| PageNews::BuildFailed { errors: text.to_owned() };
        assert_eq!(failed.failed("chat", "no".to_owned()), errors("no"));
        assert_eq!(failed.failed("ads", "nor this".to_owned()), errors("nor this\n\nno"));
        assert_eq!(failed.passed("ads"), errors("no"));
        assert_eq!(failed.failed("chat", "still not".to_owned()), errors("still not"));
        assert_eq!(failed.passed("chat"), PageNews::BuildPassed);
    }
}
