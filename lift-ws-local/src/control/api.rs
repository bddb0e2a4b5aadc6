//! The resources under `/_lift/api`, for programs and for the inspector's buttons.
//!
//! | resource | methods |
//! | --- | --- |
//! | `/_lift/api` | `GET`: what there is |
//! | `/_lift/api/faults` | `GET`: seed, rules and counts; `POST`: one more rule; `PUT`: another plan; `DELETE`: no rules |
//! | `/_lift/api/faults/{id}` | `DELETE`: without this rule |
//! | `/_lift/api/clock` | `POST`: all connections are older |
//! | `/_lift/api/environments` | `GET`: their numbers |
//! | `/_lift/api/environments/{id}/kill` | `POST`: without this environment |

use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, Request, StatusCode};
use serde::Serialize;
use serde_json::json;

use super::body::read_json;
use super::requests::{Jump, NewFault, NewPlan, Nothing};
use super::{ended, not_found, problem};
use crate::core::{FaultKind, FaultReport, FaultRuleId, Faults};
use crate::environments::EnvironmentId;
use crate::http::{self, Answer};
use crate::owner::{Command, Owner};

const RESOURCES: [&str; 6] = [
    "/_lift/api",
    "/_lift/api/faults",
    "/_lift/api/faults/{id}",
    "/_lift/api/clock",
    "/_lift/api/environments",
    "/_lift/api/environments/{id}/kill",
];

/// Answers requests for resources.
#[derive(Debug)]
pub(super) struct ControlApi {
    pub(super) owner: Owner,
    pub(super) faults: Faults,
}

impl ControlApi {
    /// `resource` is what follows `/_lift/api`, as sent. Whoever asks has been let in.
    pub(super) async fn answer(&self, resource: &str, request: Request<Incoming>) -> Answer {
        let method = request.method().clone();
        let segments: Vec<&str> = resource.split('/').skip(1).collect();
        let answer = match (segments.as_slice(), &method) {
            ([], &Method::GET) => Ok(index()),
            ([], _) => Err(wrong_method("GET")),
            (["faults"], &Method::GET) => Ok(self.report()),
            (["faults"], &Method::POST) => self.add_fault(request).await,
            (["faults"], &Method::PUT) => self.set_plan(request).await,
            (["faults"], &Method::DELETE) => Ok(self.clear_faults()),
            (["faults"], _) => Err(wrong_method("GET, POST, PUT, DELETE")),
            (["faults", id], &Method::DELETE) => Ok(self.remove_fault(id)),
            (["faults", _], _) => Err(wrong_method("DELETE")),
            (["clock"], &Method::POST) => self.jump(request).await,
            (["clock"], _) => Err(wrong_method("POST")),
            (["environments"], &Method::GET) => self.environments().await,
            (["environments"], _) => Err(wrong_method("GET")),
            (["environments", id, "kill"], &Method::POST) => self.kill(id, request).await,
            (["environments", _, "kill"], _) => Err(wrong_method("POST")),
            _ => Err(not_found()),
        };
        answer.unwrap_or_else(|problem| problem)
    }

    fn report(&self) -> Answer {
        let kinds = FaultKind::all().iter().map(Kind::of).collect();
        answered(StatusCode::OK, &Report { faults: self.faults.report(), kinds })
    }

    async fn add_fault(&self, request: Request<Incoming>) -> Result<Answer, Answer> {
        let rule = read_json::<NewFault>(request).await?.rule().map_err(|error| bad_request(&error))?;
        let id = self.faults.add(rule.clone());
        Ok(answered(StatusCode::CREATED, &json!({ "id": id, "fault": rule })))
    }

    async fn set_plan(&self, request: Request<Incoming>) -> Result<Answer, Answer> {
        let plan = read_json::<NewPlan>(request).await?.plan().map_err(|error| bad_request(&error))?;
        self.faults.set(&plan);
        Ok(self.report())
    }

    fn clear_faults(&self) -> Answer {
        self.faults.clear();
        http::empty(StatusCode::NO_CONTENT)
    }

    fn remove_fault(&self, id: &str) -> Answer {
        if id.parse().is_ok_and(|id| self.faults.remove(FaultRuleId(id))) {
            return http::empty(StatusCode::NO_CONTENT);
        }
        problem(StatusCode::NOT_FOUND, "there is no rule of this number: `GET /_lift/api/faults` lists them")
    }

    async fn jump(&self, request: Request<Incoming>) -> Result<Answer, Answer> {
        let by = read_json::<Jump>(request).await?.time().map_err(|error| bad_request(&error))?;
        let closed = self.owner.ask(|reply| Command::Age { by, reply }).await.ok_or_else(ended)?;
        Ok(answered(StatusCode::OK, &json!({ "closed": closed })))
    }

    async fn environments(&self) -> Result<Answer, Answer> {
        let ids = self.owner.ask(|reply| Command::Environments { reply }).await.ok_or_else(ended)?;
        let environments: Vec<_> = ids.into_iter().map(|id| json!({ "id": id.0 })).collect();
        Ok(answered(StatusCode::OK, &json!({ "environments": environments })))
    }

    async fn kill(&self, id: &str, request: Request<Incoming>) -> Result<Answer, Answer> {
        read_json::<Nothing>(request).await?;
        let missing = || {
            let message = "there is no environment of this number: `GET /_lift/api/environments` lists them";
            problem(StatusCode::NOT_FOUND, message)
        };
        let environment = EnvironmentId(id.parse().map_err(|_| missing())?);
        let killed = self.owner.ask(|reply| Command::KillEnvironment { environment, reply }).await;
        if killed.ok_or_else(ended)? { Ok(http::empty(StatusCode::NO_CONTENT)) } else { Err(missing()) }
    }
}

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    faults: FaultReport,
    /// What can be asked for.
    kinds: Vec<Kind>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    name: &'static str,
    about: &'static str,
    /// The kind's rule with its usual time, ready to be sent.
    fault: String,
}

impl Kind {
    fn of(kind: &FaultKind) -> Self {
        let fault = crate::core::FaultRule::new(kind.usual()).to_string();
        Self { name: kind.name(), about: kind.about(), fault }
    }
}

fn index() -> Answer {
    answered(StatusCode::OK, &json!({ "version": env!("CARGO_PKG_VERSION"), "resources": RESOURCES }))
}

fn answered(status: StatusCode, body: &impl Serialize) -> Answer {
    match serde_json::to_vec(body) {
        Ok(body) => http::json(status, body),
        Err(_) => http::empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn bad_request(message: &str) -> Answer {
    problem(StatusCode::BAD_REQUEST, message)
}

fn wrong_method(allowed: &'static str) -> Answer {
    let mut answer = problem(StatusCode::METHOD_NOT_ALLOWED, &format!("this resource takes {allowed} only"));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}
