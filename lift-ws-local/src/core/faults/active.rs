//! The faults of a running gateway: what goes wrong at this occasion, and how often something has.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::rule::When;
use super::time::written;
use super::{Fault, FaultKind, FaultPlan, FaultRule, FaultRuleId, Occasion};
use crate::core::ids::ConnectionId;
use crate::core::random::Random;

/// The faults of a running gateway. Clones are the same faults, so that gateways and shells can share them.
///
/// # Examples
///
/// ```
/// use lift_ws_local::core::{Fault, Faults, Occasion};
///
/// let faults = Faults::new(7);
/// faults.inject(Fault::ManagementThrottled);
/// assert!(faults.meet(Occasion::Management, None).is_some());
/// assert!(faults.meet(Occasion::Management, None).is_none());
/// ```
#[derive(Clone)]
pub struct Faults(Arc<Shared>);

struct Shared {
    /// Whether there is any rule: all that a gateway without faults ever looks at.
    has_rules: AtomicBool,
    active: Mutex<Active>,
}

type Observer = Arc<dyn Fn(&FaultMet) + Send + Sync>;

struct Active {
    seed: u64,
    rules: Vec<ActiveRule>,
    last_id: u64,
    /// The last rule that there was when all were taken away.
    last_cleared: FaultRuleId,
    /// The rows of chances that are in use; they begin anew with each plan.
    rows: u64,
    happened: BTreeMap<&'static str, u64>,
    observer: Option<Observer>,
}

struct ActiveRule {
    id: FaultRuleId,
    rule: FaultRule,
    /// Whether it happens; one number for each occasion, whatever else happens.
    chances: Random,
    /// How large it is, where that is left to chance.
    sizes: Random,
    occasions: u64,
    happened: u64,
}

/// A fault that happens now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultMet {
    /// Whose it is.
    pub rule: FaultRuleId,
    /// What happens.
    pub fault: Fault,
    /// To which connection, if to one.
    pub connection: Option<ConnectionId>,
    /// A number that decides how large the fault is, where that is left to chance.
    chance: u64,
    /// Whether its rule is used up by it.
    is_last: bool,
}

/// What the faults of a gateway are, and how often they have happened.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FaultReport {
    /// The seed: the same one and the same order of occasions give the same faults.
    pub seed: u64,
    /// The rules that can still happen.
    pub faults: Vec<RuleReport>,
    /// How often each kind has happened, by name, those of rules that are gone too.
    pub happened: BTreeMap<&'static str, u64>,
}

/// One rule and how often it has happened.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RuleReport {
    /// Its number.
    pub id: FaultRuleId,
    /// The rule, as it is written.
    pub fault: FaultRule,
    /// How many occasions it has seen.
    pub occasions: u64,
    /// At how many of them it has happened.
    pub happened: u64,
}

impl Faults {
    /// No faults yet; the chances of later ones come from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let active = Active {
            seed,
            rules: Vec::new(),
            last_id: 0,
            last_cleared: FaultRuleId(0),
            rows: 0,
            happened: BTreeMap::new(),
            observer: None,
        };
        Self(Arc::new(Shared { has_rules: AtomicBool::new(false), active: Mutex::new(active) }))
    }

    /// Whom to tell of each fault that happens. Called where it happens, so it must not block.
    pub fn observe(&self, observer: impl Fn(&FaultMet) + Send + Sync + 'static) {
        self.lock().observer = Some(Arc::new(observer));
    }

    /// Takes another plan in place of what there is. Counts of what has happened stay.
    pub fn set(&self, plan: &FaultPlan) {
        let mut active = self.lock();
        (active.seed, active.rows) = (plan.seed(), 0);
        active.clear();
        for rule in plan.rules() {
            active.add(rule.clone());
        }
        self.note_rules(&active);
    }

    /// Adds a rule after the others.
    pub fn add(&self, rule: FaultRule) -> FaultRuleId {
        let mut active = self.lock();
        let id = active.add(rule);
        self.note_rules(&active);
        id
    }

    /// Makes a fault happen once, at its next occasion. Called several times, it happens as often.
    pub fn inject(&self, fault: Fault) {
        self.add(FaultRule::new(fault).once());
    }

    /// Takes a rule away; `false` if there is none of this number any more.
    pub fn remove(&self, id: FaultRuleId) -> bool {
        let mut active = self.lock();
        let before = active.rules.len();
        active.rules.retain(|rule| rule.id != id);
        self.note_rules(&active);
        active.rules.len() < before
    }

    /// Whether what a fault has begun may go on: neither its rule nor all rules have been taken away since. Who keeps something back
    /// for a fault lets go of it then. A rule that has been used up by others meanwhile counts as taken away.
    #[must_use]
    pub fn holds(&self, met: &FaultMet) -> bool {
        let active = self.lock();
        // A rule that is used up is no more among the rules, but nobody has taken it away.
        if met.is_last {
            met.rule > active.last_cleared
        } else {
            active.rules.iter().any(|rule| rule.id == met.rule)
        }
    }

    /// Takes all rules away.
    pub fn clear(&self) {
        let mut active = self.lock();
        active.clear();
        self.note_rules(&active);
    }

    /// What there is, and what has happened.
    #[must_use]
    pub fn report(&self) -> FaultReport {
        let active = self.lock();
        let faults = active.rules.iter().map(|active| RuleReport {
            id: active.id,
            fault: active.rule.clone(),
            occasions: active.occasions,
            happened: active.happened,
        });
        FaultReport { seed: active.seed, faults: faults.collect(), happened: active.happened.clone() }
    }

    /// Whether there is no rule, so that nothing can go wrong.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.0.has_rules.load(Ordering::Relaxed)
    }

    /// What goes wrong now. Who asks makes it happen: the gateway for its own occasions, the shell for environments
    /// and the database.
    #[inline]
    #[must_use]
    pub fn meet(&self, occasion: Occasion, connection: Option<&ConnectionId>) -> Option<FaultMet> {
        if self.is_empty() { None } else { self.choose(occasion, connection) }
    }

    #[cold]
    fn choose(&self, occasion: Occasion, connection: Option<&ConnectionId>) -> Option<FaultMet> {
        let mut active = self.lock();
        let met = active.choose(occasion, connection)?;
        self.note_rules(&active);
        let observer = active.observer.clone();
        drop(active);
        if let Some(observer) = observer {
            observer(&met);
        }
        Some(met)
    }

    fn note_rules(&self, active: &Active) {
        self.0.has_rules.store(!active.rules.is_empty(), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Active> {
        self.0.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Active {
    fn clear(&mut self) {
        self.rules.clear();
        self.last_cleared = FaultRuleId(self.last_id);
    }

    fn add(&mut self, rule: FaultRule) -> FaultRuleId {
        // Thousands of the same are one.
        if let Some(last) = self.rules.last_mut()
            && let Some(more) = rule.limit()
            && last.rule.when == When::Always
            && rule.when == When::Always
            && last.rule.fault() == rule.fault()
            && let Some(limit) = last.rule.limit()
        {
            last.rule = rule.at_most(limit.saturating_add(more.get()));
            return last.id;
        }
        self.last_id += 1;
        let id = FaultRuleId(self.last_id);
        let chances = Random::row(self.seed, self.rows);
        let sizes = Random::row(self.seed, self.rows + 1);
        self.rows += 2;
        self.rules.push(ActiveRule { id, rule, chances, sizes, occasions: 0, happened: 0 });
        id
    }

    /// The first rule that strikes. The others have seen the occasion too, so that none depends on another.
    fn choose(&mut self, occasion: Occasion, connection: Option<&ConnectionId>) -> Option<FaultMet> {
        let mut chosen = None;
        for (place, rule) in self.rules.iter_mut().enumerate() {
            if rule.rule.fault().occasion() == occasion && rule.strikes() && chosen.is_none() {
                chosen = Some(place);
            }
        }
        let place = chosen?;
        let active = &mut self.rules[place];
        active.happened += 1;
        let is_last = active.rule.limit().is_some_and(|limit| active.happened >= limit.get());
        let met = FaultMet {
            rule: active.id,
            fault: active.rule.fault(),
            connection: connection.cloned(),
            chance: active.sizes.next(),
            is_last,
        };
        if is_last {
            self.rules.remove(place);
        }
        *self.happened.entry(FaultKind::of(met.fault).name()).or_default() += 1;
        Some(met)
    }
}

impl ActiveRule {
    fn strikes(&mut self) -> bool {
        self.occasions += 1;
        match self.rule.when {
            When::Always => true,
            When::Sometimes(probability) => chance_of(self.chances.next()) < probability,
            When::Every(n) => self.occasions.is_multiple_of(n.get()),
        }
    }
}

/// At least 0 and less than 1: as many bits as a float keeps exactly.
fn chance_of(number: u64) -> f64 {
    (number >> 11) as f64 / (1_u64 << 53) as f64
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Faults").field(&self.report()).finish()
    }
}

impl FaultMet {
    /// A part of `most` that chance decides.
    pub(in crate::core) fn part_of(&self, most: Duration) -> Duration {
        let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(Random::new(self.chance).up_to(millis))
    }
}

/// As people read it: what happens, and to whom.
impl fmt::Display for FaultMet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = FaultKind::of(self.fault);
        f.write_str(kind.name())?;
        if let Some(time) = self.fault.time() {
            write!(f, ":{}", written(time))?;
        }
        if let Some(connection) = &self.connection {
            write!(f, " of {connection}")?;
        }
        write!(f, ": {}", kind.about())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn faults(seed: u64, rules: &[&str]) -> Faults {
        let faults = Faults::new(0);
        faults.set(&plan(seed, rules));
        faults
    }

    fn plan(seed: u64, rules: &[&str]) -> FaultPlan {
        rules.iter().fold(FaultPlan::new(seed), |plan, rule| plan.with(rule.parse().unwrap()))
    }

    /// What happens at so many posts, one after the other.
    fn posts(faults: &Faults, times: usize) -> Vec<bool> {
        (0..times).map(|_| faults.meet(Occasion::Management, None).is_some()).collect()
    }

    #[test]
    fn every_third_is_the_third_the_sixth_and_so_on() {
        let faults = faults(1, &["throttle-posts:every-3"]);
        assert_eq!(posts(&faults, 7), [false, false, true, false, false, true, false]);
    }

    #[test]
    fn a_count_ends_a_rule() {
        let faults = faults(1, &["throttle-posts:every-2:x2"]);
        assert_eq!(posts(&faults, 8), [false, true, false, true, false, false, false, false]);
        assert!(faults.is_empty());
        assert_eq!(faults.report().happened["throttle-posts"], 2);
    }

    #[test]
    fn a_probability_is_kept_in_the_long_run() {
        let faults = faults(42, &["throttle-posts:0.2"]);
        let happened = posts(&faults, 10_000).into_iter().filter(|happened| *happened).count();
        assert!((1_850..2_150).contains(&happened), "{happened}");
    }

    #[test]
    fn the_first_rule_that_strikes_is_the_only_one_and_does_not_move_the_others() {
        let alone = posts(&faults(9, &["throttle-posts:0.5"]), 64);
        let both = faults(9, &["throttle-posts:0.5", "throttle-posts:0.5"]);
        let first: Vec<bool> = (0..64)
            .map(|_| both.meet(Occasion::Management, None).is_some_and(|met| met.rule == FaultRuleId(1)))
            .collect();
        assert_eq!(first, alone);
        let report = both.report();
        assert_eq!((report.faults[0].occasions, report.faults[1].occasions), (64, 64));
    }

    #[test]
    fn occasions_of_other_kinds_change_nothing() {
        let rules = ["throttle-posts:0.5", "drop-disconnect:0.5"];
        let (quiet, busy) = (faults(3, &rules), faults(3, &rules));
        let expected = posts(&quiet, 32);
        let met: Vec<bool> = (0..32)
            .map(|_| {
                let _ = busy.meet(Occasion::Disconnect, None);
                let _ = busy.meet(Occasion::Handshake, None);
                busy.meet(Occasion::Management, None).is_some()
            })
            .collect();
        assert_eq!(met, expected);
    }

    #[test]
    fn injected_faults_happen_once_each_and_thousands_of_them_are_one_rule() {
        let faults = Faults::new(1);
        (0..5_000).for_each(|_| faults.inject(Fault::ManagementThrottled));
        assert_eq!(faults.report().faults.len(), 1);
        assert!(posts(&faults, 5_000).into_iter().all(|happened| happened));
        assert!(faults.meet(Occasion::Management, None).is_none());
    }

    #[test]
    fn rules_can_be_taken_away_and_their_numbers_are_not_used_again() {
        let faults = faults(1, &["throttle-posts", "kill"]);
        assert!(faults.remove(FaultRuleId(1)) && !faults.remove(FaultRuleId(1)));
        assert_eq!(faults.add(FaultRule::new(Fault::ConnectionCut)), FaultRuleId(3));
        faults.clear();
        assert!(faults.is_empty() && faults.meet(Occasion::EnvironmentAnswer, None).is_none());
    }

    #[test]
    fn what_a_fault_has_begun_goes_on_until_its_rule_or_all_are_taken_away_also_after_its_last_time() {
        let meet = |faults: &Faults| faults.meet(Occasion::Management, None).unwrap();
        let with = || faults(1, &["throttle-posts:x2", "kill"]);
        let faults = with();
        let first = meet(&faults);
        assert!(faults.holds(&first) && faults.remove(FaultRuleId(2)) && faults.holds(&first));
        assert!(faults.remove(FaultRuleId(1)) && !faults.holds(&first));
        for all_away in [Faults::clear as fn(&Faults), |faults| faults.set(&FaultPlan::new(1))] {
            let faults = with();
            let [_, last] = [meet(&faults), meet(&faults)];
            assert!(faults.remove(FaultRuleId(2)) && faults.holds(&last), "the other rule alone went");
            all_away(&faults);
            assert!(!faults.holds(&last));
            faults.inject(Fault::ManagementThrottled);
            assert!(!faults.holds(&last) && faults.holds(&meet(&faults)), "a later one is another");
        }
    }

    #[test]
    fn whoever_observes_hears_of_each_fault_that_happens() {
        let faults = faults(1, &["drop-disconnect:every-2"]);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let tell = Arc::clone(&heard);
        faults.observe(move |met| tell.lock().unwrap().push(met.to_string()));
        let connection = ConnectionId::from("AbCdEdXyZ_wCQr0=");
        (0..3).for_each(|_| drop(faults.meet(Occasion::Disconnect, Some(&connection))));
        let line = "drop-disconnect of AbCdEdXyZ_wCQr0=: a connection ends without its $disconnect";
        assert_eq!(*heard.lock().unwrap(), [line]);
    }

    proptest! {
        #[test]
        fn the_same_plan_and_occasions_give_the_same_faults(
            seed in any::<u64>(),
            probability in 0.01..0.99,
            occasions in prop::collection::vec(0..4_usize, 0..200),
        ) {
            const OCCASIONS: [Occasion; 4] =
                [Occasion::Disconnect, Occasion::Management, Occasion::Answer, Occasion::MessageEvent];
            let rules = [
                format!("drop-disconnect:{probability}"),
                format!("delay-disconnect:1s:{probability}"),
                format!("throttle-posts:{probability}:x20"),
                format!("slow:10ms:{probability}"),
                "timeout:every-3".to_owned(),
                format!("shuffle:1s:{probability}"),
            ];
            let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
            let met = |seed| {
                let faults = faults(seed, &rules);
                occasions.iter().map(|which| faults.meet(OCCASIONS[*which], None)).collect::<Vec<_>>()
            };
            prop_assert_eq!(met(seed), met(seed));
        }

        #[test]
        fn a_part_of_a_time_is_at_most_all_of_it(seed in any::<u64>(), millis in 0..100_000_u64) {
            let most = Duration::from_millis(millis);
            let met = faults(seed, &["shuffle"]).meet(Occasion::MessageEvent, None).unwrap();
            prop_assert!(met.part_of(most) <= most);
        }
    }
}
