//! What an authorizer says.

use super::context::flat;
use super::policy::{Effect, policy};
use super::{Decision, IntoVerdict, PolicyError, Verdict};
use crate::auth::{ANONYMOUS, Principal};
use crate::{IntoReply, Reply};
use serde::Serialize;
use serde_json::{Map, Value};

/// Lets a client in, and says who it is; what an [authorizer](macro@crate::ws_authorizer) returns.
///
/// The principal is on every event of the connection from then on: its user is the `principalId`, tenant, roles and
/// expiry are context values. [`Identity`](crate::connection::Identity) reads user and tenant, and
/// [`trust_authorizer`](crate::auth::trust_authorizer) stores all of it. A principal without a user comes in as nobody:
/// the gateway wants a name, so its `principalId` is `$anonymous`, which both read as no user.
///
/// ```
/// use lift_ws::auth::Principal;
/// use lift_ws::prelude::*;
///
/// #[derive(Serialize, Deserialize)]
/// struct Extra { plan: String, seats: Option<u32> }
///
/// let ann = Principal::of_user("ann").with_tenant("acme").with_role("admin").with_role("staff");
/// let allow = Allow::new(&ann).context(Extra { plan: "gold".into(), seats: None });
///
/// let arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod/$connect";
/// let policy = allow.to_policy(arn)?;
/// assert_eq!(policy["principalId"], "ann");
/// assert_eq!(policy["policyDocument"]["Statement"][0]["Resource"], arn);
/// assert_eq!(
///     policy["context"],
///     serde_json::json!({"tenant": "acme", "roles": "admin staff", "plan": "gold"})
/// );
/// # Ok::<(), lift_ws::authorizer::PolicyError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an authorizer lets nobody in unless it returns this"]
pub struct Allow<C = ()> {
    principal: Principal<'static>,
    context: C,
}

impl Allow {
    /// Lets the client in as this principal.
    pub fn new(principal: &Principal<'_>) -> Self {
        Allow { principal: principal.clone().into_owned(), context: () }
    }
}

impl<C> Allow<C> {
    /// With values that handlers read on every event as [`Authorizer<T>`](crate::extract::Authorizer): a struct or a map
    /// of texts, numbers and booleans. What is `None` is left out.
    ///
    /// The gateway takes nothing nested, and 8 KB in all; names that say who it is (`principalId`, `tenant`, `roles`,
    /// `exp`) are the principal's. Otherwise the handshake is refused with 500, and the log says why.
    pub fn context<D: Serialize>(self, context: D) -> Allow<D> {
        Allow { principal: self.principal, context }
    }

    /// As whom the client is let in.
    #[must_use]
    pub const fn principal(&self) -> &Principal<'static> {
        &self.principal
    }
}

impl<C: Serialize> Allow<C> {
    /// What Lambda returns for an event with this `methodArn`: a policy for just that (contract §4). The run time does
    /// this; a test may look at it.
    ///
    /// # Errors
    /// If the context is not flat, a name in it or the user's is taken, the ARN is not of one route, or the result is too large.
    pub fn to_policy(&self, method_arn: &str) -> Result<Value, PolicyError> {
        self.allowed()?.policy(method_arn)
    }

    fn allowed(&self) -> Result<Allowed, PolicyError> {
        let mut context = self.principal.to_authorizer_context();
        context.append(&mut flat(&self.context)?);
        let principal_id = match self.principal.user() {
            Some(ANONYMOUS) => return Err(PolicyError::reserved_user()),
            user => user.filter(|user| !user.is_empty()).unwrap_or(ANONYMOUS),
        };
        Ok(Allowed { principal_id: principal_id.to_owned(), context })
    }
}

impl<C: Serialize> IntoVerdict for Allow<C> {
    fn into_verdict(self) -> Verdict {
        match self.allowed() {
            Ok(allowed) => Verdict(Decision::Allow(allowed)),
            Err(error) => Verdict(Decision::Refuse(Reply::internal(error))),
        }
    }
}

/// [`Allow`] without types.
#[derive(Debug)]
pub(super) struct Allowed {
    principal_id: String,
    context: Map<String, Value>,
}

impl Allowed {
    pub(super) fn policy(self, method_arn: &str) -> Result<Value, PolicyError> {
        policy(Effect::Allow, &self.principal_id, method_arn, self.context)
    }
}

/// Refuses a client of whom nothing more is to be asked: the handshake ends with 403.
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[ws_authorizer]
/// async fn authorize(SourceIp(address): SourceIp<'_>) -> Result<Allow, Deny> {
///     if address.starts_with("192.0.2.") { Ok(Allow::new(&Default::default())) } else { Err(Deny) }
/// }
/// # #[ws_app(authorizer = authorize)] struct App;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deny;

impl IntoVerdict for Deny {
    fn into_verdict(self) -> Verdict {
        Verdict(Decision::Refuse(self.into_reply()))
    }
}

impl IntoReply for Deny {
    const TWO_WAY: bool = false;
    const HANDSHAKE: bool = true;
    fn into_reply(self) -> Reply {
        Reply::error("denied", "not authorized").with_status(403)
    }
}
