//! The stage's variables.

use super::rejection::StageVariablesRejection;
use super::{AvailableOn, FromEvent, Pairs, Text};
use crate::Scope;

/// The stage's variables, by name. Refused if the event has none; take `Option<StageVariables<'_>>` then.
///
/// ```
/// use lift_ws::prelude::*;
/// use lift_ws::extract::StageVariables;
///
/// #[ws_route("tier")]
/// async fn tier(stage: StageVariables<'_>) -> Json<String> {
///     Json(stage.get("tier").map_or_else(String::new, |tier| tier.into_owned()))
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StageVariables<'e>(Pairs<'e>);

impl<'e> StageVariables<'e> {
    /// A variable.
    pub fn get(&self, name: &str) -> Option<Text<'e>> {
        self.0.last(|candidate| candidate == name)
    }

    /// Calls `visit` with each name and value.
    pub fn each(&self, visit: impl FnMut(Text<'e>, Text<'e>)) {
        self.0.each(visit);
    }
}

impl<'e, S> FromEvent<'e, S> for StageVariables<'e> {
    type Rejection = StageVariablesRejection;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, StageVariablesRejection> {
        let json = scope.event().stage_variables();
        if json.is_empty() { Err(StageVariablesRejection::new()) } else { Ok(StageVariables(Pairs(json))) }
    }
}
impl<K> AvailableOn<K> for StageVariables<'_> {}
