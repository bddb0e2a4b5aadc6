//! `POST /runtime/init/error`: the program says that it cannot start.

use hyper::body::Incoming;
use hyper::{Request, StatusCode};

use super::error_report::{ErrorReport, FUNCTION_ERROR_TYPE};
use super::{RuntimeApi, accepted, refusal, unrecoverable};
use crate::environments::Receipt;
use crate::http::{Answer, Read, read_body};
use crate::owner::Command;

const MAX_REPORT_BYTES: usize = 256 * 1024;

impl RuntimeApi {
    pub(super) async fn init_error(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let body = match read_body(body, MAX_REPORT_BYTES).await {
            Read::Whole(body) | Read::TooLarge(body) => body,
            Read::Broken => Default::default(),
        };
        let message = ErrorReport::read(&body, head.headers.get(FUNCTION_ERROR_TYPE)).to_string();
        let environment = self.environment;
        match self.owner.ask(|reply| Command::InitError { environment, message, reply }).await {
            Some(Receipt::Accepted) => accepted(),
            Some(_) => {
                refusal(StatusCode::FORBIDDEN, "InvalidStateTransition", "initialisation is over already")
            }
            None => unrecoverable(),
        }
    }
}
