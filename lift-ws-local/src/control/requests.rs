//! What bodies of requests say.

use std::time::Duration;

use serde::Deserialize;

use crate::core::{FaultPlan, FaultRule, parse_duration};

/// One rule more: `{"fault": "slow:200ms:0.5"}`, or once at the next occasion: `{"fault": "kill", "once": true}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewFault {
    fault: String,
    #[serde(default)]
    once: bool,
}

impl NewFault {
    pub(super) fn rule(&self) -> Result<FaultRule, String> {
        let rule: FaultRule = parsed(&self.fault)?;
        Ok(if self.once { rule.once() } else { rule })
    }
}

/// Another plan: `{"seed": 7, "faults": ["slow:200ms:0.5"]}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPlan {
    seed: u64,
    faults: Vec<String>,
}

impl NewPlan {
    pub(super) fn plan(&self) -> Result<FaultPlan, String> {
        self.faults.iter().try_fold(FaultPlan::new(self.seed), |plan, rule| Ok(plan.with(parsed(rule)?)))
    }
}

/// A jump of the clock in the eyes of all connections: `{"jump": "10m"}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Jump {
    jump: String,
}

impl Jump {
    pub(super) fn time(&self) -> Result<Duration, String> {
        let time = parse_duration(&self.jump);
        time.ok_or_else(|| "`jump` is no time: write it as `200ms`, `5s`, `10m` or `2h`".to_owned())
    }
}

/// A request that needs no more than to be made: `{}`, or no body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

fn parsed(rule: &str) -> Result<FaultRule, String> {
    rule.parse().map_err(|error: crate::core::FaultRuleError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_rule_and_may_be_wanted_once() {
        let rule = |json| serde_json::from_str::<NewFault>(json).unwrap().rule().unwrap().to_string();
        assert_eq!(rule(r#"{"fault":"slow:200ms:0.5"}"#), "slow:200ms:0.5");
        assert_eq!(rule(r#"{"fault":"kill","once":true}"#), "kill:x1");
        assert!(serde_json::from_str::<NewFault>(r#"{"fault":"kill","onec":true}"#).is_err());
        let error = serde_json::from_str::<NewFault>(r#"{"fault":"kil"}"#).unwrap().rule().unwrap_err();
        assert!(error.starts_with("there is no fault `kil`: write one of "), "{error}");
    }

    #[test]
    fn a_plan_has_a_seed_and_rules() {
        let plan: NewPlan = serde_json::from_str(r#"{"seed":7,"faults":["kill:0.5","slow"]}"#).unwrap();
        let plan = plan.plan().unwrap();
        assert_eq!((plan.seed(), plan.rules().len()), (7, 2));
    }
}
