//! SQS through the AWS SDK.

use super::{MAX_QUEUE_MESSAGE_BYTES, QUEUE_URL_VARIABLE, Queue, QueueError, QueueErrorKind, QueueMessage};
use crate::chain::Chain;
use crate::store::BoxFuture;
use crate::{causes, timeouts};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures_util::{StreamExt, stream};
use std::error::Error;

/// How many messages SQS takes in one request.
const BATCH: usize = 10;

/// How many requests of one batch are under way at once.
const AT_ONCE: usize = 4;

/// A standard queue of SQS. A FIFO queue is none: its messages need a group, which would make it slow.
///
/// The SDK tries again what can be tried again, so a message may be taken twice; jobs run at least once anyway.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    url: String,
}

impl SqsQueue {
    /// The queue at a URL.
    #[must_use]
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// The queue that `LIFT_WS_QUEUE_URL` names, if it names one.
    #[must_use]
    pub fn from_config(config: &aws_config::SdkConfig) -> Option<Self> {
        let url = std::env::var(QUEUE_URL_VARIABLE).ok().filter(|url| !url.trim().is_empty())?;
        let config =
            aws_sdk_sqs::config::Builder::from(config).timeout_config(timeouts::limited(config)).build();
        Some(Self::new(Client::from_conf(config), url.trim()))
    }

    /// The queue's URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    async fn send_one(&self, message: &QueueMessage) -> Result<(), QueueError> {
        let send = self.client.send_message().queue_url(&self.url).message_body(&message.body);
        let send = send.set_delay_seconds(delay(message));
        send.send().await.map(drop).map_err(|error| self.classify(error))
    }

    /// Up to ten messages in one request. Each gets an answer.
    async fn send_some(&self, messages: &[QueueMessage]) -> Vec<Result<(), QueueError>> {
        let entries: Result<Vec<_>, _> = messages.iter().enumerate().map(entry).collect();
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.all(messages.len(), || QueueErrorKind::Other, &error.to_string()),
        };
        let send = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        match send.send().await {
            Ok(answer) => self.told_apart(messages.len(), &answer),
            Err(error) => {
                let error = self.classify(error);
                self.all(messages.len(), || error.kind(), &Chain(&error).to_string())
            }
        }
    }

    fn told_apart(&self, count: usize, answer: &SendMessageBatchOutput) -> Vec<Result<(), QueueError>> {
        let unanswered = || Err(QueueError::new(QueueErrorKind::Unavailable).about(&self.url));
        let mut answers: Vec<_> = (0..count).map(|_| unanswered()).collect();
        for taken in answer.successful() {
            if let Some(answer) = place(&mut answers, taken.id()) {
                *answer = Ok(());
            }
        }
        for refused in answer.failed() {
            if let Some(answer) = place(&mut answers, refused.id()) {
                let why = format!("{}: {}", refused.code(), refused.message().unwrap_or_default());
                let kind = from_code(refused.code(), if refused.sender_fault() { 400 } else { 500 });
                *answer = Err(QueueError::new(kind).about(&self.url).with_source(why));
            }
        }
        answers
    }

    fn all(&self, count: usize, kind: impl Fn() -> QueueErrorKind, why: &str) -> Vec<Result<(), QueueError>> {
        (0..count).map(|_| Err(QueueError::new(kind()).about(&self.url).with_source(why))).collect()
    }

    fn classify<E>(&self, error: SdkError<E>) -> QueueError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let kind = match &error {
            SdkError::ConstructionFailure(_) => QueueErrorKind::Configuration,
            SdkError::TimeoutError(_) => QueueErrorKind::Timeout,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => QueueErrorKind::Timeout,
            SdkError::DispatchFailure(failure) if failure.is_user() => QueueErrorKind::Other,
            SdkError::DispatchFailure(failure)
                if failure.as_connector_error().is_some_and(|error| causes::was_never_made(error)) =>
            {
                QueueErrorKind::Configuration
            }
            SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => QueueErrorKind::Unavailable,
            SdkError::ServiceError(service) => {
                from_code(service.err().code().unwrap_or_default(), service.raw().status().as_u16())
            }
            _ => QueueErrorKind::Other,
        };
        QueueError::new(kind).about(&self.url).with_source(error)
    }
}

fn from_code(code: &str, status: u16) -> QueueErrorKind {
    match code.rsplit(['.', '#']).next().unwrap_or_default() {
        "AccessDenied"
        | "AccessDeniedException"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "InvalidSecurity"
        | "KmsAccessDenied"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => QueueErrorKind::AccessDenied,
        "NonExistentQueue" | "QueueDoesNotExist" | "InvalidAddress" => QueueErrorKind::NoSuchQueue,
        "KmsThrottled" | "OverLimit" | "RequestThrottled" | "Throttling" | "ThrottlingException" => {
            QueueErrorKind::Throttled
        }
        "BatchRequestTooLong" => QueueErrorKind::TooLarge,
        _ if status >= 500 => QueueErrorKind::Unavailable,
        _ => QueueErrorKind::Other,
    }
}

fn entry(
    (i, message): (usize, &QueueMessage),
) -> Result<SendMessageBatchRequestEntry, aws_sdk_sqs::error::BuildError> {
    SendMessageBatchRequestEntry::builder()
        .id(i.to_string())
        .message_body(&message.body)
        .set_delay_seconds(delay(message))
        .build()
}

/// Whole seconds, never less than was asked for.
fn delay(message: &QueueMessage) -> Option<i32> {
    let seconds = message.delay.as_millis().div_ceil(1_000);
    i32::try_from(seconds).ok().filter(|seconds| *seconds > 0)
}

/// The answer to the entry with this id.
fn place<'a, T>(answers: &'a mut [T], id: &str) -> Option<&'a mut T> {
    answers.get_mut(id.parse::<usize>().ok()?)
}

/// Ten messages at most, and not more bytes than SQS takes in one request.
fn batches(messages: &[QueueMessage]) -> Vec<&[QueueMessage]> {
    let mut batches = Vec::new();
    let mut rest = messages;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fitting = rest.iter().take(BATCH).take_while(|message| {
            bytes += message.body.len();
            bytes <= MAX_QUEUE_MESSAGE_BYTES
        });
        let (batch, others) = rest.split_at(fitting.count().max(1));
        batches.push(batch);
        rest = others;
    }
    batches
}

impl Queue for SqsQueue {
    fn send<'a>(&'a self, message: &'a QueueMessage) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(self.send_one(message))
    }

    fn send_batch<'a>(&'a self, messages: &'a [QueueMessage]) -> BoxFuture<'a, Vec<Result<(), QueueError>>> {
        Box::pin(async move {
            let requests: Vec<_> = batches(messages).into_iter().map(|batch| self.send_some(batch)).collect();
            let answers: Vec<_> = stream::iter(requests).buffered(AT_ONCE).collect().await;
            answers.into_iter().flatten().collect()
        })
    }

    fn prewarm(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            // the cheapest question; whether it may be asked does not matter
            if let Err(error) = self.client.get_queue_attributes().queue_url(&self.url).send().await {
                tracing::trace!(error = &error as &dyn Error, "prewarming the queue");
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_batch_has_ten_messages_and_a_mebibyte_at_most() {
        let small: Vec<_> = (0..23).map(|i| QueueMessage::new(i.to_string())).collect();
        assert_eq!(batches(&small).iter().map(|batch| batch.len()).collect::<Vec<_>>(), [10, 10, 3]);
        let half = "x".repeat(MAX_QUEUE_MESSAGE_BYTES / 2);
        let large: Vec<_> = (0..5).map(|_| QueueMessage::new(half.clone())).collect();
        assert_eq!(batches(&large).iter().map(|batch| batch.len()).collect::<Vec<_>>(), [2, 2, 1]);
        let too_large = [QueueMessage::new("x".repeat(MAX_QUEUE_MESSAGE_BYTES + 1))];
        assert_eq!(batches(&too_large).len(), 1, "SQS says no, and not we in a loop");
    }

    #[test]
    fn a_delay_is_never_shorter_than_was_asked_for() {
        for (millis, seconds) in
            [(0, None), (1, Some(1)), (1_000, Some(1)), (1_001, Some(2)), (u64::MAX, Some(900))]
        {
            let message = QueueMessage::new("").delayed(Duration::from_millis(millis));
            assert_eq!(delay(&message), seconds, "{millis} ms");
        }
    }

    #[test]
    fn codes_of_both_protocols_become_kinds() {
        for (code, status, kind) in [
            ("AWS.SimpleQueueService.NonExistentQueue", 400, QueueErrorKind::NoSuchQueue),
            ("com.amazonaws.sqs#QueueDoesNotExist", 400, QueueErrorKind::NoSuchQueue),
            ("AccessDeniedException", 400, QueueErrorKind::AccessDenied),
            ("RequestThrottled", 400, QueueErrorKind::Throttled),
            ("InternalError", 500, QueueErrorKind::Unavailable),
            ("InvalidMessageContents", 400, QueueErrorKind::Other),
        ] {
            assert_eq!(from_code(code, status), kind, "{code}");
        }
    }
}
