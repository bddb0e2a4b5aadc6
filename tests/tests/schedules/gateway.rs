//! The management API over the model's connections, which throttles, hangs, loses answers.

use bytes::Bytes;
use lift_ws::push::{ConnectionInfo, PostError, PostErrorKind, Poster};
use lift_ws::store::BoxFuture;
use lift_ws::testing::simulation::sleep;
use serde_json::Value;

use super::promises::Promise;
use super::world::{Answer, SCOPES, State, Try, World, world};

#[derive(Debug)]
pub(crate) struct ModelGateway;

/// How a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PostFault {
    Throttle,
    Refuse,
    Unreachable,
    /// It arrives, and its answer does not.
    LoseAnswer,
    /// It does not arrive, and nobody can tell.
    LoseRequest,
    Hang,
}

impl World {
    fn post_fault(&mut self) -> Option<PostFault> {
        let rate = self.plan.post_faults;
        self.lots.permille(rate).then(|| {
            self.lots.pick(&[
                PostFault::Throttle,
                PostFault::Throttle,
                PostFault::Refuse,
                PostFault::Unreachable,
                PostFault::LoseAnswer,
                PostFault::LoseRequest,
                PostFault::Hang,
            ])
        })
    }

    /// Notes that a message was handed to the gateway; until more is known, its fate is unknown.
    fn begin_post(&mut self, url: &str, id: &str, message: u64, message_id: Option<&str>) -> usize {
        if let Some(connection) = self.connections.get(id) {
            let scope = connection.scope;
            let (api, stage) = SCOPES[scope];
            if !(url.contains(api) && url.ends_with(&format!("/{stage}"))) {
                self.broken(Promise::ScopesAreApart, || {
                    format!("{id} of scope {scope} was posted to at {url}")
                });
            }
        }
        if let Some(broadcast) = self.broadcasts.get(&message)
            && self.connections.get(id).is_some_and(|connection| connection.scope != broadcast.scope)
        {
            self.broken(Promise::ScopesAreApart, || format!("message {message} left its scope to {id}"));
        }
        self.check_copy(id, message, message_id);
        let again = self.broadcasts.get(&message).is_some_and(|broadcast| broadcast.at_least_once);
        let may_repeat = self.broadcasts.get(&message).is_some_and(|broadcast| broadcast.may_repeat);
        let handshaking = self.state(id) == Some(State::Handshaking);
        let tries = self.posts.entry(message).or_default();
        let may_have_arrived = |answer| answer == Answer::Delivered || answer == Answer::Unknown && !again;
        let arrived = tries.iter().any(|one| one.to == id && may_have_arrived(one.answer));
        tries.push(Try { to: id.to_owned(), answer: Answer::Unknown, handshaking });
        let at = tries.len() - 1;
        if arrived && !may_repeat {
            self.broken(Promise::NeverTwice, || {
                format!("message {message} was posted to {id} again, though it may have arrived")
            });
        }
        at
    }

    /// A copy of a message to many: is it for this connection, and does it say which message it is?
    fn check_copy(&mut self, id: &str, message: u64, message_id: Option<&str>) {
        let Some(broadcast) = self.broadcasts.get(&message) else { return };
        if let Some(why) = self.outside(broadcast, id) {
            return self
                .broken(Promise::OnlyTheAudience, || format!("message {message} went to {id}, which {why}"));
        }
        let first = broadcast.message_id.as_deref();
        if message_id.is_some() != broadcast.at_least_once || first.is_some() && first != message_id {
            let how = format!("message {message} has the id {first:?}, and its copy to {id} {message_id:?}");
            return self.broken(Promise::AtLeastOnce, || how);
        }
        if let Some(broadcast) = self.broadcasts.get_mut(&message) {
            broadcast.message_id = message_id.map(str::to_owned);
        }
    }

    fn end_post(&mut self, message: u64, at: usize, answer: Answer) {
        let to = match self.posts.get_mut(&message).and_then(|tries| tries.get_mut(at)) {
            Some(one) => {
                one.answer = answer;
                one.to.clone()
            }
            None => String::new(),
        };
        self.note(|| format!("message {message} to {to}: {answer:?}"));
    }
}

async fn pause() {
    let time = world(|w| w.lots.millis(0..15));
    sleep(time).await;
}

impl Poster for ModelGateway {
    fn post<'a>(&'a self, url: &'a str, id: &'a str, message: Bytes) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            let value = serde_json::from_slice::<Value>(&message).unwrap_or_default();
            // frames of the run time have no number
            let (message, message_id) = (value["n"].as_u64().unwrap_or(0), value["messageId"].as_str());
            let at = if message > 0 { world(|w| w.begin_post(url, id, message, message_id)) } else { 0 };
            pause().await;
            let fault = world(|w| w.post_fault());
            let answer = match fault {
                Some(PostFault::Throttle) => Err((Answer::Throttled, PostErrorKind::Throttled)),
                Some(PostFault::Refuse) => Err((Answer::Failed, PostErrorKind::Refused)),
                Some(PostFault::Unreachable) => Err((Answer::Failed, PostErrorKind::Unreachable)),
                Some(PostFault::LoseRequest | PostFault::LoseAnswer) => {
                    Err((Answer::Unknown, PostErrorKind::UnknownOutcome))
                }
                Some(PostFault::Hang) => std::future::pending().await,
                None if world(|w| w.state(id)) != Some(State::Open) => {
                    world(|w| {
                        let handshaking = w.state(id) == Some(State::Handshaking);
                        if let Some(one) = w.posts.get_mut(&message).and_then(|tries| tries.get_mut(at)) {
                            one.handshaking = handshaking;
                        }
                    });
                    Err((Answer::Gone, PostErrorKind::Gone))
                }
                None => Ok(()),
            };
            // Until the answer has come, nobody knows.
            pause().await;
            world(|w| {
                w.end_post(
                    message,
                    at,
                    answer.as_ref().err().map_or(Answer::Delivered, |(answer, _)| *answer),
                )
            });
            answer.map_err(|(_, kind)| PostError::new(kind))
        })
    }

    fn info<'a>(&'a self, _: &'a str, id: &'a str) -> BoxFuture<'a, Result<ConnectionInfo, PostError>> {
        Box::pin(async move {
            pause().await;
            let open = world(|w| w.state(id)) == Some(State::Open);
            if open { Ok(ConnectionInfo::default()) } else { Err(PostError::new(PostErrorKind::Gone)) }
        })
    }

    fn disconnect<'a>(&'a self, _: &'a str, id: &'a str) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            pause().await;
            let open = world(|w| {
                let open = w.state(id) == Some(State::Open);
                if open {
                    w.close(id);
                    w.to_close.push(id.to_owned());
                }
                open
            });
            if open { Ok(()) } else { Err(PostError::new(PostErrorKind::Gone)) }
        })
    }
}
