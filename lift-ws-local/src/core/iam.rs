//! IAM authorization: who signed a request, and whether a policy lets them do it (contract §4, §5.2).

use std::fmt;

use serde_json::Value;

use super::authorizer::{INVOKE, Policy};
use super::gateway::Gateway;
use super::input::{HandshakeRequest, ManagementRequest};
use super::moment::Moment;
use super::policy_error::PolicyError;
use super::sigv4::{Claim, SignedRequest};

/// What a program does that calls `@connections`.
const MANAGE: &str = "execute-api:ManageConnections";

/// Somebody with credentials, whose signature the gateway knows: an IAM user or role of the account at home.
///
/// By default there is one, with the credentials that functions find in their environment: access key, secret key and
/// session token are `local`. It may do everything.
///
/// ```
/// use lift_ws_local::core::{Api, Manifest};
///
/// let manifest = Manifest::parse(r#"{ "callers": [{
///     "accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "secret", "userArn": "arn:aws:iam::000000000000:user/ann"
/// }]}"#)?;
/// let api = Api::from_manifest(&manifest)?;
/// assert!(api.callers.iter().any(|caller| caller.access_key_id == "AKIDEXAMPLE"));
/// assert!(api.callers.iter().any(|caller| caller.access_key_id == "local"));
/// # Ok::<(), lift_ws_local::core::ManifestError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// The access key, by which a request names its signer: `identity.accessKey`.
    pub access_key_id: String,
    /// What signatures are made with.
    pub secret_access_key: String,
    /// The token of temporary credentials. A request need not carry it, but none may carry another.
    pub session_token: Option<String>,
    /// `identity.accountId`.
    pub account_id: String,
    /// `identity.caller` and `identity.user`: the unique id of the user or role.
    pub user_id: String,
    /// `identity.userArn`.
    pub user_arn: String,
    /// The policy of the user or role; everything is allowed, if absent.
    pub policy: Option<CallerPolicy>,
}

impl Caller {
    /// With the credentials that functions at home find in their environment.
    #[must_use]
    pub fn local(account: &str) -> Self {
        Self {
            access_key_id: "local".to_owned(),
            secret_access_key: "local".to_owned(),
            session_token: Some("local".to_owned()),
            account_id: account.to_owned(),
            user_id: "AROALOCAL00000000LOCAL:function".to_owned(),
            user_arn: format!("arn:aws:sts::{account}:assumed-role/local/function"),
            policy: None,
        }
    }

    fn may(&self, action: &str, arn: &str) -> Result<(), String> {
        self.policy.as_ref().map_or(Ok(()), |policy| policy.0.permits_action(action, arn))
    }
}

/// Without the secrets.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { access_key_id, user_arn, policy, .. } = self;
        f.debug_struct("Caller")
            .field("access_key_id", access_key_id)
            .field("user_arn", user_arn)
            .field("policy", policy)
            .finish_non_exhaustive()
    }
}

/// An IAM policy that says what a [`Caller`] may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerPolicy(Policy);

impl CallerPolicy {
    /// Reads a policy document.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn read(document: &Value) -> Result<Self, PolicyError> {
        Policy::read(document).map(Self).map_err(PolicyError::new)
    }
}

impl Gateway {
    /// Who signed a handshake, if they may open a connection; else why not.
    pub(super) fn signer_of(&self, now: Moment, request: &HandshakeRequest) -> Result<Caller, String> {
        let request = SignedRequest {
            method: &request.method,
            path: &request.path,
            query: &request.query,
            headers: &request.headers,
            body: &[],
        };
        let caller = self.authenticated(now, &request)?;
        caller.may(INVOKE, &self.api.method_arn()).map_err(|why| in_policy_of(caller, &why))?;
        Ok(caller.clone())
    }

    /// Whether the signer of a call to `@connections` may do it. Somebody unknown may, unless signatures are checked:
    /// then the error says what is wrong.
    pub(super) fn check_manager(
        &self,
        now: Moment,
        request: &ManagementRequest,
        id: &str,
    ) -> Result<(), NotPermitted> {
        let is_open = self.api.callers.iter().all(|caller| caller.policy.is_none());
        if is_open && !self.api.readings.management_signatures {
            return Ok(());
        }
        let headers = request.headers.iter();
        let headers: Vec<(String, String)> = headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let signed = SignedRequest {
            method: &request.method,
            path: &request.path,
            query: &request.query,
            headers: &headers,
            body: &request.body,
        };
        let caller = if self.api.readings.management_signatures {
            Some(self.authenticated(now, &signed).map_err(NotPermitted::Signature)?)
        } else {
            let claim = Claim::read(&signed, &self.api.region).ok();
            claim.and_then(|claim| self.caller(&claim.access_key))
        };
        let Some(caller) = caller else { return Ok(()) };
        let arn = format!("{}/{}/@connections/{id}", self.api.arn(), request.method);
        caller.may(MANAGE, &arn).map_err(|why| NotPermitted::Policy(in_policy_of(caller, &why)))
    }

    fn authenticated(&self, now: Moment, request: &SignedRequest<'_>) -> Result<&Caller, String> {
        let claim = Claim::read(request, &self.api.region)?;
        let caller = self.caller(&claim.access_key).ok_or_else(|| {
            format!(
                "its access key `{}` is not known here: take `local`, or write it into `callers`",
                claim.access_key
            )
        })?;
        if claim.token.is_some() && claim.token != caller.session_token {
            return Err(format!("its session token is not that of `{}`", claim.access_key));
        }
        claim.check(request, &caller.secret_access_key, now)?;
        Ok(caller)
    }

    fn caller(&self, access_key: &str) -> Option<&Caller> {
        self.api.callers.iter().find(|caller| caller.access_key_id == access_key)
    }
}

/// Why a call to `@connections` is refused.
#[derive(Debug)]
pub(super) enum NotPermitted {
    Signature(String),
    Policy(String),
}

fn in_policy_of(caller: &Caller, why: &str) -> String {
    format!("`{}` may not: {why}", caller.user_arn)
}
