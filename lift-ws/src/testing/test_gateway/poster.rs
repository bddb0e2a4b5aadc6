//! The management API, as handlers post to it: requests to the gateway's core.

use super::hub::{Hub, ManagementAnswer};
use crate::percent;
use crate::push::{ConnectionInfo, PostError, PostErrorKind, Poster};
use crate::store::BoxFuture;
use bytes::Bytes;
use lift_ws_local::core::ManagementRequest;
use serde_json::Value;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct HubPoster(pub(super) Arc<Hub>);

impl HubPoster {
    fn call(&self, url: &str, method: &str, id: &str, body: Bytes) -> Result<ManagementAnswer, PostError> {
        if url != self.0.callback_url {
            let problem = format!("nobody is at {url}: this gateway is {}", self.0.callback_url);
            return Err(PostError::new(PostErrorKind::Unreachable).with_source(problem));
        }
        let mut path = format!("/{}/@connections/", self.0.stage);
        percent::push(id, &mut path);
        let answer = self.0.manage(ManagementRequest::new(method, &path, body));
        if answer.status < 300 { Ok(answer) } else { Err(PostError::from_status(answer.status)) }
    }
}

impl Poster for HubPoster {
    fn post<'a>(&'a self, url: &'a str, id: &'a str, message: Bytes) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move { self.call(url, "POST", id, message).map(drop) })
    }

    fn info<'a>(&'a self, url: &'a str, id: &'a str) -> BoxFuture<'a, Result<ConnectionInfo, PostError>> {
        Box::pin(async move { self.call(url, "GET", id, Bytes::new()).map(|answer| info(&answer.body)) })
    }

    fn disconnect<'a>(&'a self, url: &'a str, id: &'a str) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move { self.call(url, "DELETE", id, Bytes::new()).map(drop) })
    }
}

fn info(body: &[u8]) -> ConnectionInfo {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    ConnectionInfo {
        connected_at: said["connectedAt"].as_str().and_then(millis),
        last_active_at: said["lastActiveAt"].as_str().and_then(millis),
        source_ip: text(&said["identity"]["sourceIp"]),
        user_agent: text(&said["identity"]["userAgent"]),
    }
}

/// Milliseconds since the epoch of `2026-01-02T03:04:05.678Z` (contract §5.4).
fn millis(text: &str) -> Option<u64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let seconds = (part(11, 13)? * 60 + part(14, 16)?) * 60 + part(17, 19)?;
    // Years begin in March, so that the leap day is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    let since_epoch = days.checked_sub(719_469)?; // from 0000-03-01
    Some((since_epoch * 86_400 + seconds) * 1_000 + part(20, 23)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lift_ws_local::core::Moment;

    #[test]
    fn the_cores_times_are_read_as_they_were_written() {
        for time in
            [0, 951_782_399_999, 951_782_400_000, 1_709_164_800_001, 1_735_689_599_999, 4_107_542_400_000]
        {
            assert_eq!(millis(&Moment::from_millis(time).to_string()), Some(time));
        }
        assert_eq!(millis("yesterday"), None);
    }
}
