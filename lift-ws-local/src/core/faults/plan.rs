//! Which faults a gateway begins with, and the seed that decides their chances.

use super::{Fault, FaultRule};

/// Faults and a seed: the same plan and the same order of occasions give the same faults.
///
/// # Examples
///
/// ```
/// use lift_ws_local::core::{Fault, FaultPlan, FaultRule};
///
/// let plan = FaultPlan::new(7)
///     .with(FaultRule::new(Fault::DisconnectLost).with_probability(0.1)?)
///     .with("slow:200ms:0.5".parse()?);
/// assert_eq!(plan.seed(), 7);
/// # Ok::<(), lift_ws_local::core::FaultRuleError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FaultPlan {
    seed: u64,
    rules: Vec<FaultRule>,
}

impl FaultPlan {
    /// A plan without faults. All chances come from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, rules: Vec::new() }
    }

    /// One fault more. Where several could happen at one occasion, the first that does is the only one.
    #[must_use]
    pub fn with(mut self, rule: FaultRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The faults, in order.
    #[must_use]
    pub fn rules(&self) -> &[FaultRule] {
        &self.rules
    }
}

impl From<Fault> for FaultRule {
    fn from(fault: Fault) -> Self {
        Self::new(fault)
    }
}
