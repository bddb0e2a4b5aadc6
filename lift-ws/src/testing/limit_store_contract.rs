//! What every [`LimitStore`] must do, as checks that run against yours.
//!
//! ```
//! # use lift_ws::{limit::MemoryLimitStore, testing::limit_store_contract};
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! limit_store_contract::check(&MemoryLimitStore::new()).await;
//! # });
//! ```

use crate::limit::{Attempt, Begun, LimitStore};
use crate::store::{BoxFuture, StoreError};
use futures_util::future::join_all;
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};

/// Why a check failed.
type Verdict = Result<(), String>;

/// A name that says what must be true, and the check.
type Case = (&'static str, for<'a> fn(Subject<'a>) -> BoxFuture<'a, Verdict>);

/// A store and a scope that nobody else uses.
#[derive(Clone, Copy, Debug)]
struct Subject<'a> {
    store: &'a dyn LimitStore,
    scope: &'a str,
}

/// Some time in 2026; the checks need no clock.
const NOON: u64 = 1_767_268_800_000;
const MINUTE: u64 = 60_000;
const EXPIRY: u64 = NOON / 1_000 + 3_600;

macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+));
        }
    };
}

macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        &[$((stringify!($case), |subject| Box::pin($case(subject)))),+]
    };
}

const CASES: &[Case] = cases![
    a_window_counts_to_its_most_and_no_further,
    windows_keys_and_scopes_count_apart,
    of_counts_at_once_as_many_as_may_do,
    of_attempts_at_once_one_is_the_first,
    who_asks_again_reads_the_same,
    what_is_done_is_read_by_all_who_come_later,
    an_attempt_that_was_given_up_makes_room,
    an_attempt_whose_lease_has_ended_makes_room_and_has_no_say,
    what_has_expired_may_be_done_again,
    names_with_separators_are_names_of_their_own,
];

/// Runs all checks against a store. Each works in a scope of its own, so a store that is not empty will do.
///
/// # Panics
/// If a check fails: the message names all that failed.
pub async fn check(store: &dyn LimitStore) {
    let mut failures = String::new();
    let run = RandomState::new().hash_one(0_u8);
    for (name, case) in CASES {
        let scope = format!("contract-{run:x}/{name}");
        if let Err(why) = case(Subject { store, scope: &scope }).await {
            let _ = write!(failures, "\n  {name}: {why}");
        }
    }
    assert!(failures.is_empty(), "{store:?} breaks the contract of limit stores:{failures}");
}

impl Subject<'_> {
    async fn count(&self, key: &str, window: u64, most: u32) -> Result<bool, String> {
        said(self.store.count(self.scope, key, window, most, EXPIRY).await)
    }

    async fn begin(&self, key: &str, attempt: &Attempt) -> Result<Begun, String> {
        said(self.store.begin(self.scope, key, attempt).await)
    }

    async fn finish(&self, key: &str, attempt: &Attempt, outcome: &str) -> Verdict {
        said(self.store.finish(self.scope, key, attempt, outcome).await)
    }

    async fn give_up(&self, key: &str, attempt: &Attempt) -> Verdict {
        said(self.store.give_up(self.scope, key, attempt).await)
    }
}

fn said<T>(result: Result<T, StoreError>) -> Result<T, String> {
    result.map_err(|error| format!("{error}: {:?}", std::error::Error::source(&error)))
}

fn attempt(token: &str, now: u64) -> Attempt {
    Attempt::new(token, now, now + MINUTE, EXPIRY)
}

async fn a_window_counts_to_its_most_and_no_further(subject: Subject<'_>) -> Verdict {
    for n in 0..3 {
        ensure!(subject.count("ann", 7, 3).await?, "number {n} of 3 was refused");
    }
    for _ in 0..3 {
        ensure!(!subject.count("ann", 7, 3).await?, "a fourth was counted");
    }
    ensure!(!subject.count("ann", 7, 2).await?, "less may come than has");
    ensure!(subject.count("ann", 7, 4).await?, "what was refused was counted");
    Ok(())
}

async fn windows_keys_and_scopes_count_apart(subject: Subject<'_>) -> Verdict {
    ensure!(subject.count("ann", 7, 1).await?, "the first was refused");
    ensure!(subject.count("ann", 8, 1).await?, "another window is the same");
    ensure!(subject.count("bob", 7, 1).await?, "another key is the same");
    let scope = format!("{}/other", subject.scope);
    let other = Subject { scope: &scope, ..subject };
    ensure!(other.count("ann", 7, 1).await?, "another scope is the same");
    ensure!(!subject.count("ann", 7, 1).await?, "nothing was counted");
    Ok(())
}

async fn of_counts_at_once_as_many_as_may_do(subject: Subject<'_>) -> Verdict {
    let answers = join_all((0..25).map(|_| subject.count("ann", 7, 10))).await;
    let counted = answers.into_iter().collect::<Result<Vec<bool>, String>>()?;
    let counted = counted.into_iter().filter(|counted| *counted).count();
    ensure!(counted == 10, "{counted} of 25 were counted where 10 may be");
    Ok(())
}

async fn of_attempts_at_once_one_is_the_first(subject: Subject<'_>) -> Verdict {
    for round in 0..5 {
        let key = format!("pay-{round}");
        let attempts: Vec<_> = (0..8).map(|n| attempt(&format!("t{n}"), NOON)).collect();
        let answers = join_all(attempts.iter().map(|attempt| subject.begin(&key, attempt))).await;
        let answers = answers.into_iter().collect::<Result<Vec<Begun>, String>>()?;
        let first = answers.iter().filter(|begun| **begun == Begun::First).count();
        ensure!(first == 1, "{first} were the first");
        let others = answers.iter().filter(|begun| **begun == Begun::InProgress).count();
        ensure!(others == 7, "{answers:?}");
    }
    Ok(())
}

async fn who_asks_again_reads_the_same(subject: Subject<'_>) -> Verdict {
    let mine = attempt("mine", NOON);
    for _ in 0..2 {
        let begun = subject.begin("pay", &mine).await?;
        ensure!(begun == Begun::First, "{begun:?}");
    }
    Ok(())
}

async fn what_is_done_is_read_by_all_who_come_later(subject: Subject<'_>) -> Verdict {
    let first = attempt("first", NOON);
    subject.begin("pay", &first).await?;
    let outcome = "j{\"é\":\"\\\"\"}";
    subject.finish("pay", &first, outcome).await?;
    for (token, later) in [("second", 0), ("third", 10 * MINUTE), ("first", 0)] {
        let begun = subject.begin("pay", &attempt(token, NOON + later)).await?;
        ensure!(begun == Begun::Done(outcome.to_owned()), "{token}: {begun:?}");
    }
    subject.give_up("pay", &first).await?;
    let begun = subject.begin("pay", &attempt("fourth", NOON)).await?;
    ensure!(begun != Begun::First, "what is done was given up");
    let nothing = attempt("nothing", NOON);
    subject.begin("say", &nothing).await?;
    subject.finish("say", &nothing, "").await?;
    let begun = subject.begin("say", &attempt("second", NOON)).await?;
    ensure!(begun == Begun::Done(String::new()), "nothing came of it: {begun:?}");
    Ok(())
}

async fn an_attempt_that_was_given_up_makes_room(subject: Subject<'_>) -> Verdict {
    let first = attempt("first", NOON);
    subject.begin("pay", &first).await?;
    subject.give_up("pay", &attempt("other", NOON)).await?;
    let begun = subject.begin("pay", &attempt("second", NOON)).await?;
    ensure!(begun == Begun::InProgress, "another than it gave it up: {begun:?}");
    subject.give_up("pay", &first).await?;
    let begun = subject.begin("pay", &attempt("second", NOON)).await?;
    ensure!(begun == Begun::First, "{begun:?}");
    Ok(())
}

async fn an_attempt_whose_lease_has_ended_makes_room_and_has_no_say(subject: Subject<'_>) -> Verdict {
    let (killed, second) = (attempt("killed", NOON), attempt("second", NOON + MINUTE));
    subject.begin("pay", &killed).await?;
    let begun = subject.begin("pay", &attempt("early", NOON + MINUTE - 1)).await?;
    ensure!(begun == Begun::InProgress, "before the lease has ended: {begun:?}");
    let begun = subject.begin("pay", &second).await?;
    ensure!(begun == Begun::First, "after: {begun:?}");
    subject.finish("pay", &killed, "late").await?;
    subject.give_up("pay", &killed).await?;
    let begun = subject.begin("pay", &attempt("third", NOON + MINUTE)).await?;
    ensure!(begun == Begun::InProgress, "the first had a say: {begun:?}");
    subject.finish("pay", &second, "done").await?;
    let begun = subject.begin("pay", &attempt("third", NOON + MINUTE)).await?;
    ensure!(begun == Begun::Done("done".to_owned()), "{begun:?}");
    Ok(())
}

async fn what_has_expired_may_be_done_again(subject: Subject<'_>) -> Verdict {
    let first = attempt("first", NOON);
    subject.begin("pay", &first).await?;
    subject.finish("pay", &first, "done").await?;
    let later = EXPIRY * 1_000;
    let begun = subject.begin("pay", &Attempt::new("second", later, later + MINUTE, EXPIRY + 60)).await?;
    ensure!(begun == Begun::First, "{begun:?}");
    Ok(())
}

async fn names_with_separators_are_names_of_their_own(subject: Subject<'_>) -> Verdict {
    for key in ["a", "a#7", "#", "a#O", "é\"\n"] {
        ensure!(subject.count(key, 7, 1).await?, "{key:?} was counted under another name");
        let begun = subject.begin(key, &attempt("t", NOON)).await?;
        ensure!(begun == Begun::First, "{key:?}: {begun:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::limit::MemoryLimitStore;

    #[tokio::test]
    async fn the_memory_store_keeps_the_contract() {
        super::check(&MemoryLimitStore::new()).await;
    }
}
