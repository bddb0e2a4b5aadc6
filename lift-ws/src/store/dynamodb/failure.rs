//! The SDK's failures in our words.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::ThrottlingReason;
use aws_sdk_dynamodb::types::error::{
    ProvisionedThroughputExceededException, RequestLimitExceeded, ThrottlingException,
};
use aws_smithy_runtime_api::client::result::DispatchFailure;

use crate::causes;
use crate::store::{StoreError, StoreErrorKind};

/// What a failed call means. The SDK has retried what can be retried.
pub(crate) fn classify<E, R>(table: &str, error: SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let failure = match &error {
        SdkError::TimeoutError(_) => Failure::TimedOut,
        SdkError::ConstructionFailure(_) => Failure::NotBuilt(&error),
        SdkError::DispatchFailure(failure) => Failure::NotSent(failure),
        SdkError::ResponseError(_) => Failure::NotUnderstood,
        SdkError::ServiceError(service) => {
            Failure::Refused(service.err().code().unwrap_or_default(), service.err().source())
        }
        _ => Failure::Unknown,
    };
    let (kind, about) = (failure.kind(), failure.about(table));
    StoreError::new(kind).about(about).with_source(error)
}

/// An [`SdkError`] without its types: each operation has an error of its own, and none needs code of its own here.
enum Failure<'a> {
    TimedOut,
    NotBuilt(&'a (dyn Error + 'static)),
    NotSent(&'a DispatchFailure),
    NotUnderstood,
    Refused(&'a str, Option<&'a (dyn Error + 'static)>),
    Unknown,
}

impl Failure<'_> {
    fn kind(&self) -> StoreErrorKind {
        match self {
            Failure::TimedOut => StoreErrorKind::Timeout,
            Failure::NotSent(failure) if failure.is_timeout() => StoreErrorKind::Timeout,
            Failure::NotSent(failure) if failure.is_user() => StoreErrorKind::Other,
            _ if self.was_never_made() => StoreErrorKind::Configuration,
            Failure::NotSent(_) | Failure::NotUnderstood => StoreErrorKind::Unavailable,
            Failure::Refused(code, _) => from_code(code),
            Failure::NotBuilt(_) | Failure::Unknown => StoreErrorKind::Other,
        }
    }

    fn about(&self, table: &str) -> String {
        match self {
            Failure::Refused(_, Some(cause)) => match throttled(*cause) {
                Some(reason) => format!("{table}: {reason}"),
                None => table.to_owned(),
            },
            _ => table.to_owned(),
        }
    }

    fn was_never_made(&self) -> bool {
        let failure = match self {
            Failure::NotSent(failure) if failure.is_other() => {
                failure.as_connector_error().map(|error| error as &(dyn Error + 'static))
            }
            Failure::NotBuilt(error) => error.source(),
            _ => None,
        };
        failure.is_some_and(causes::was_never_made)
    }
}

/// What DynamoDB says was throttled, such as `IndexWriteKeyRangeThroughputExceeded of arn:…/index/tenants`: an index
/// that cannot take a row refuses the write to the table.
fn throttled(cause: &(dyn Error + 'static)) -> Option<String> {
    let reasons = if let Some(cause) = cause.downcast_ref::<ThrottlingException>() {
        cause.throttling_reasons()
    } else if let Some(cause) = cause.downcast_ref::<ProvisionedThroughputExceededException>() {
        cause.throttling_reasons()
    } else {
        cause.downcast_ref::<RequestLimitExceeded>()?.throttling_reasons()
    };
    let shown = reasons.iter().map(|reason: &ThrottlingReason| {
        let what = reason.reason().unwrap_or("throttled");
        reason.resource().map_or_else(|| what.to_owned(), |whose| format!("{what} of {whose}"))
    });
    Some(shown.collect::<Vec<_>>().join(", ")).filter(|shown| !shown.is_empty())
}

fn from_code(code: &str) -> StoreErrorKind {
    match code {
        "AccessDeniedException"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "ExpiredTokenException"
        | "MissingAuthenticationTokenException" => StoreErrorKind::AccessDenied,
        "InternalServerError" | "ServiceUnavailable" => StoreErrorKind::Unavailable,
        "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "ThrottlingException"
        | "TransactionConflict"
        | "TransactionInProgressException" => StoreErrorKind::Throttled,
        "ResourceNotFoundException" => StoreErrorKind::NoTable,
        _ => StoreErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_sdk_dynamodb::operation::put_item::PutItemError;

    use super::*;

    #[test]
    fn services_codes_become_kinds() {
        let kind = |code: &str| {
            let error = GetItemError::generic(ErrorMetadata::builder().code(code).build());
            classify("t", SdkError::service_error(error, ())).kind()
        };
        assert_eq!(kind("ThrottlingException"), StoreErrorKind::Throttled);
        assert_eq!(kind("ResourceNotFoundException"), StoreErrorKind::NoTable);
        assert_eq!(kind("AccessDeniedException"), StoreErrorKind::AccessDenied);
        assert_eq!(kind("ValidationException"), StoreErrorKind::Other);
    }

    #[test]
    fn an_index_that_is_throttled_is_named() {
        let reason = ThrottlingReason::builder()
            .reason("IndexWriteKeyRangeThroughputExceeded")
            .resource("arn:aws:dynamodb:eu-central-1:123456789012:table/t/index/tenants");
        let throttled = ThrottlingException::builder().throttling_reasons(reason.build()).build();
        let error = classify("t", SdkError::service_error(PutItemError::ThrottlingException(throttled), ()));
        let text = error.to_string();
        assert!(text.contains("(`t: IndexWriteKeyRangeThroughputExceeded of arn:"), "{text}");
        assert!(text.contains("index/tenants`)"), "{text}");
    }

    #[test]
    fn a_timeout_is_safe_to_retry() {
        let error: SdkError<GetItemError, ()> = SdkError::timeout_error("slow");
        assert!(classify("t", error).is_retry_safe());
    }
}
