//! What the contract does not know: one setting for each place where two readings are possible.

use serde::Deserialize;

/// How the gateway behaves where no evidence from AWS exists (the rows of tag U in `docs/fidelity.md`; contract §9).
///
/// The defaults are the stricter side, or the one with more evidence. In a manifest they stand under `"readings"`, in
/// camel case; `docs/fidelity.md` names the row of each.
///
/// ```
/// use lift_ws_local::core::{Api, Manifest};
///
/// let manifest = Manifest::parse(r#"{ "readings": { "lenientJson": true, "timeoutMessage": "too slow" } }"#)?;
/// let readings = Api::from_manifest(&manifest)?.readings;
/// assert!(readings.lenient_json && !readings.pings_are_activity);
/// assert_eq!(readings.timeout_message, "too slow");
///
/// let error = Manifest::parse(r#"{ "readings": { "lenientJsn": true } }"#).unwrap_err();
/// assert!(error.to_string().contains("`readings` of the manifest: unknown field `lenientJsn`, expected one of `lenientJson`"));
/// # Ok::<(), lift_ws_local::core::ManifestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
// Unlike elsewhere in a manifest, unknown names are mistakes: these are written by hand, and a misspelt one would have
// no effect that anybody could see.
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Readings {
    /// Whether routes are found in messages that are nearly JSON, with unquoted names and the like (row 1.2.leniency).
    pub lenient_json: bool,
    /// Whether a message that names `$connect` or `$disconnect` goes to that route (row 1.2.lifecycle-key).
    pub lifecycle_keys: bool,
    /// Whether MESSAGE and DISCONNECT repeat the API key and the IAM members of `identity` (rows 2.1.api-key,
    /// 2.1.iam-identity).
    pub identity_repeated: bool,
    /// Whether a result without `statusCode` counts as 200 (row 3.1.missing-status).
    pub status_code_optional: bool,
    /// The status of a handshake whose function took too long (row 3.2.timeout).
    pub connect_timeout_status: u16,
    /// The status of a handshake with an unknown stage or path (row 3.2.unknown-path).
    pub unknown_path_status: u16,
    /// Whether a refused handshake has a body (row 3.2.refusal-body).
    pub refusal_body: bool,
    /// Whether a two-way reply whose status is not 2xx becomes the Internal-server-error frame (row 3.3.two-way-status).
    pub non_2xx_replies_fail: bool,
    /// Whether the body of a two-way reply with `isBase64Encoded` is decoded (row 3.3.base64).
    pub base64_replies_decoded: bool,
    /// `message` of the frame, and of the refused handshake's body, when a function took too long (row 3.4.timeout).
    pub timeout_message: String,
    /// `message` where a client or a program is throttled (row 3.4.throttled).
    pub throttled_message: String,
    /// Whether numbers and booleans of an authorizer's context arrive as strings (row 4.context).
    pub authorizer_context_as_strings: bool,
    /// Whether signatures of `@connections` are checked, not only asked for (rows 5.2.cloudfront, 5.2.iam).
    pub management_signatures: bool,
    /// Reason of the close frame 1003, after a binary frame (row 6.2.1003).
    pub binary_frame_reason: String,
    /// Reason of the close frame 1009, after a frame that is too large (row 6.2.1009).
    pub frame_too_large_reason: String,
    /// Reason of the close frame 1009, after a message that is too large (row 6.2.1009).
    pub message_too_large_reason: String,
    /// How a connection ends that is too old (row 6.2.1001-duration).
    pub duration_close: CloseReading,
    /// What DISCONNECT tells of a connection that was lost (row 6.2.1006).
    pub lost_close: CloseReading,
    /// Whether a post that is not UTF-8 is sent with replacement characters instead of refused (row 6.3.text).
    pub lossy_posts: bool,
    /// Whether a client's ping puts the idle timeout off (row 6.3.ping).
    pub pings_are_activity: bool,
}

/// A close code and its reason.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CloseReading {
    /// The code, such as 1001.
    pub code: u16,
    /// The reason, possibly empty.
    #[serde(default)]
    pub reason: String,
}

impl CloseReading {
    fn new(code: u16, reason: &str) -> Self {
        Self { code, reason: reason.to_owned() }
    }
}

impl Default for Readings {
    fn default() -> Self {
        Self {
            lenient_json: false,
            lifecycle_keys: false,
            identity_repeated: true,
            status_code_optional: false,
            connect_timeout_status: 504,
            unknown_path_status: 403,
            refusal_body: true,
            non_2xx_replies_fail: false,
            base64_replies_decoded: false,
            timeout_message: "Endpoint request timed out".to_owned(),
            throttled_message: "Too Many Requests".to_owned(),
            authorizer_context_as_strings: true,
            management_signatures: false,
            binary_frame_reason: "Binary frames are not supported".to_owned(),
            frame_too_large_reason: "Frame is larger than 32 KB".to_owned(),
            message_too_large_reason: "Message is larger than 128 KB".to_owned(),
            duration_close: CloseReading::new(1001, "Going away"),
            lost_close: CloseReading::new(1006, ""),
            lossy_posts: false,
            pings_are_activity: false,
        }
    }
}

impl Readings {
    /// Whether statuses and codes are some; else what to write.
    pub(super) fn check(&self) -> Result<(), String> {
        for (name, status) in [
            ("connectTimeoutStatus", self.connect_timeout_status),
            ("unknownPathStatus", self.unknown_path_status),
        ] {
            if !(300..600).contains(&status) {
                return Err(format!(
                    "`{name}` of `readings` is {status}: write an HTTP status that refuses, such as 403"
                ));
            }
        }
        // 1005 and 1006 stand in no frame, though DISCONNECT may name them.
        let can_be_sent = |code| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        if !can_be_sent(self.duration_close.code) {
            return Err(format!(
                "`code` of `durationClose` of `readings` is {}: write a close code, such as 1001",
                self.duration_close.code
            ));
        }
        Ok(())
    }
}
