//! What our messages say: one JSON object, marked so that it cannot be taken for somebody else's.

use super::{MAX_QUEUE_MESSAGE_BYTES, QueueError, QueueErrorKind};
use crate::connection::{CALLBACK_URL_VARIABLE, Connections};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The form of messages that this release writes.
const VERSION: u32 = 1;

/// One message of ours.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body<'m> {
    /// The mark: without it a message is not ours.
    lift_ws: u32,
    /// Which API and stage, `{apiId}/{stage}`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<Cow<'m, str>>,
    /// The callback URL.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<Cow<'m, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) job: Option<JobBody<'m>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) broadcast: Option<BroadcastBody<'m>>,
}

/// A segment of a broadcast. How far it has come is in the store, not in the message: that may be older.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BroadcastBody<'m> {
    #[serde(borrow)]
    pub(crate) id: Cow<'m, str>,
    pub(crate) segment: u16,
    /// How many continuations came before.
    pub(crate) turn: u32,
}

/// A job.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct JobBody<'m> {
    #[serde(borrow)]
    pub(crate) name: Cow<'m, str>,
    #[serde(borrow)]
    pub(crate) id: Cow<'m, str>,
    #[serde(borrow)]
    pub(crate) payload: &'m RawValue,
}

/// Why a message cannot be acted on.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It is somebody else's.
    Foreign,
    /// It is ours, and broken or of another release.
    Broken(String),
}

impl<'m> Body<'m> {
    pub(crate) fn job(connections: &Connections, job: JobBody<'m>) -> Self {
        Body { job: Some(job), ..Body::of(connections) }
    }

    pub(crate) fn broadcast(connections: &Connections, broadcast: BroadcastBody<'m>) -> Self {
        Body { broadcast: Some(broadcast), ..Body::of(connections) }
    }

    fn of(connections: &Connections) -> Self {
        Body {
            lift_ws: VERSION,
            scope: connections.scope_text().map(|scope| scope.to_owned().into()),
            url: connections.callback_url().map(|url| url.as_str().to_owned().into()),
            job: None,
            broadcast: None,
        }
    }

    /// As SQS takes it: the two characters that JSON leaves alone and SQS refuses are escaped.
    pub(crate) fn to_json(&self) -> Result<String, QueueError> {
        let mut json = serde_json::to_string(self)
            .map_err(|error| QueueError::new(QueueErrorKind::Json).with_source(error))?;
        if json.contains(['\u{fffe}', '\u{ffff}']) {
            json = json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
        }
        if json.len() > MAX_QUEUE_MESSAGE_BYTES {
            let size = format!("it has {} bytes", json.len());
            return Err(QueueError::new(QueueErrorKind::TooLarge).with_source(size));
        }
        Ok(json)
    }

    pub(crate) fn read(text: &'m str) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Mark {
            lift_ws: Option<u32>,
        }
        let mark = serde_json::from_str::<Mark>(text).ok().and_then(|mark| mark.lift_ws);
        match mark {
            None => Err(Unreadable::Foreign),
            Some(VERSION) => {
                serde_json::from_str(text).map_err(|error| Unreadable::Broken(error.to_string()))
            }
            Some(other) => Err(Unreadable::Broken(format!(
                "it is of form {other}, and this release reads form {VERSION}: deploy the release that wrote it, then redrive the dead letters"
            ))),
        }
    }

    /// The handle for the API and stage that the message is about.
    pub(crate) fn bind(&self, connections: &Connections) -> Result<Connections, Unreadable> {
        let Some(url) = &self.url else { return Ok(connections.clone()) };
        let named = connections.named(self.scope.as_deref(), url);
        named.ok_or_else(|| {
            Unreadable::Broken(format!(
                "it names the callback URL {url:?}, which is not this function's, and no stage that has another: set \
                 {CALLBACK_URL_VARIABLE} to it if it is yours"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(payload: &RawValue) -> Body<'_> {
        let job = JobBody { name: "export".into(), id: "7".into(), payload };
        let (scope, url) = (Some("a/b".into()), Some("https://x".into()));
        Body { lift_ws: VERSION, scope, url, job: Some(job), broadcast: None }
    }

    #[test]
    fn a_message_survives_its_text_whatever_characters_it_has() {
        let payload = serde_json::value::to_raw_value("a\u{ffff}b\"\n\u{fffe}").unwrap();
        let text = job(&payload).to_json().unwrap();
        assert!(!text.contains(['\u{fffe}', '\u{ffff}']), "SQS refuses them");
        let read = Body::read(&text).unwrap();
        let payload: String = serde_json::from_str(read.job.unwrap().payload.get()).unwrap();
        assert_eq!(payload, "a\u{ffff}b\"\n\u{fffe}");
        assert_eq!((read.scope.as_deref(), read.url.as_deref()), (Some("a/b"), Some("https://x")));
    }

    #[test]
    fn what_has_no_mark_is_foreign_and_another_form_is_broken() {
        for text in ["", "hello", "7", "[]", "{}", r#"{"job":{}}"#, r#"{"liftWs":"1"}"#] {
            assert!(matches!(Body::read(text), Err(Unreadable::Foreign)), "{text}");
        }
        for text in [r#"{"liftWs":2}"#, r#"{"liftWs":1,"job":{}}"#, r#"{"liftWs":1,"job":7}"#] {
            assert!(matches!(Body::read(text), Err(Unreadable::Broken(_))), "{text}");
        }
    }

    #[test]
    fn a_message_cannot_choose_where_posts_go() {
        use crate::push::recording::RecordingPoster;
        use crate::store::memory::MemoryStore;
        let builder = Connections::builder(MemoryStore::new(), RecordingPoster::new()).region("eu-central-1");
        let conns = builder.callback_url("https://ws.example.org").build();
        let place = |scope: Option<&str>, url: &str| {
            let body = Body {
                lift_ws: VERSION,
                scope: scope.map(Into::into),
                url: Some(url.into()),
                job: None,
                broadcast: None,
            };
            let bound = body.bind(&conns).ok()?;
            Some((bound.scope_text().map(str::to_owned), bound.callback_url()?.to_string()))
        };
        let ours = "https://ws.example.org";
        let elsewhere = "https://a1.execute-api.us-east-1.amazonaws.com/prod";
        let of_a1 = |url: &str| Some((Some("a1/prod".to_owned()), url.to_owned()));
        assert_eq!(place(Some("a1/prod"), ours), of_a1(ours));
        assert_eq!(place(None, ours), Some((None, ours.to_owned())));
        assert_eq!(place(Some("a1/prod"), elsewhere), of_a1(elsewhere));
        assert_eq!(place(Some("a1/prod"), "https://evil.example.com"), of_a1(ours));
        for scope in [None, Some("evil.example.com/x"), Some("a1/prod#T"), Some("a1"), Some("")] {
            assert_eq!(place(scope, "https://evil.example.com"), None, "{scope:?}");
        }
    }

    #[test]
    fn a_message_that_sqs_would_refuse_is_refused_before() {
        let payload = serde_json::value::to_raw_value(&"x".repeat(MAX_QUEUE_MESSAGE_BYTES)).unwrap();
        assert_eq!(job(&payload).to_json().unwrap_err().kind(), QueueErrorKind::TooLarge);
    }
}
