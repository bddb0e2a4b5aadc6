//! The SDK's failures in our words.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::store::{StoreError, StoreErrorKind};

/// What a failed call means. The SDK has retried what can be retried.
pub(super) fn classify<E, R>(table: &str, error: SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let kind = match &error {
        SdkError::TimeoutError(_) => StoreErrorKind::Timeout,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => StoreErrorKind::Timeout,
        SdkError::DispatchFailure(failure) if failure.is_user() => StoreErrorKind::Other,
        SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => StoreErrorKind::Unavailable,
        SdkError::ServiceError(service) => from_code(service.err().code().unwrap_or_default()),
        _ => StoreErrorKind::Other,
    };
    StoreError::new(kind).about(table).with_source(error)
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
    fn a_timeout_is_safe_to_retry() {
        let error: SdkError<GetItemError, ()> = SdkError::timeout_error("slow");
        assert!(classify("t", error).is_retry_safe());
    }
}
