//! What a failed call through the SDK's HTTP client means.

use std::error::Error;

use aws_sdk_apigatewaymanagement::error::{ConnectorError, SdkError};

use super::{PostError, PostErrorKind};
use crate::causes::{has_words, was_never_made};

/// What an error of the SDK means.
///
/// The status decides: a bare 410 has no error type, and the SDK then knows no `GoneException` (contract §5.4).
pub(super) fn of_sdk_error<E>(error: SdkError<E>) -> PostError
where
    E: Error + Send + Sync + 'static,
{
    let post_error = match &error {
        SdkError::ConstructionFailure(_) => PostError::new(PostErrorKind::Configuration),
        SdkError::DispatchFailure(failure) => {
            let connector = failure.as_connector_error();
            PostError::new(connector.map_or(PostErrorKind::UnknownOutcome, of_connector_error))
        }
        SdkError::ResponseError(_) | SdkError::ServiceError(_) => {
            of_status(error.raw_response().map_or(0, |response| response.status().as_u16()))
        }
        _ => PostError::new(PostErrorKind::UnknownOutcome),
    };
    post_error.with_source(error)
}

/// What an answer that is no success means; 0 where there is no status.
pub(super) fn of_status(status: u16) -> PostError {
    if status >= 400 { PostError::from_status(status) } else { PostError::new(PostErrorKind::UnknownOutcome) }
}

/// What it means that there is no answer.
pub(super) fn of_connector_error(error: &ConnectorError) -> PostErrorKind {
    // first: credentials that are fetched over a network may fail to connect too
    if was_never_made(error) {
        PostErrorKind::Configuration
    } else if has_words(error, &NEVER_CONNECTED) {
        PostErrorKind::Unreachable
    } else if error.is_user() {
        PostErrorKind::Refused
    } else {
        PostErrorKind::UnknownOutcome
    }
}

/// The failure came before there was a connection, so nothing can have been sent. The HTTP client does not expose
/// this as a type either; the words are those of hyper-util and of the SDK's connector.
const NEVER_CONNECTED: [&str; 2] = ["client error (Connect)", "HTTP connect timeout"];
