//! The names of an event's fields, read in one pass.

use super::{Envelope, Event, EventType, Malformed, OtherEvent, OtherSource, Read, Reader, Span};

/// Where each field lies.
#[derive(Clone, Copy, Default)]
pub(super) struct Fields {
    kind: Span,
    pub(super) route_key: Span,
    pub(super) connection_id: Span,
    pub(super) request_id: Span,
    pub(super) message_id: Span,
    pub(super) domain_name: Span,
    pub(super) stage: Span,
    pub(super) api_id: Span,
    pub(super) source_ip: Span,
    pub(super) user_agent: Span,
    pub(super) authorizer: Span,
    pub(super) headers: Span,
    pub(super) multi_value_headers: Span,
    pub(super) query: Span,
    pub(super) multi_value_query: Span,
    pub(super) stage_variables: Span,
    pub(super) body: Span,
    pub(super) disconnect_reason: Span,
    pub(super) connected_at: i64,
    pub(super) request_time_epoch: i64,
    pub(super) disconnect_status_code: Option<i64>,
    pub(super) is_base64_encoded: bool,
    // for the envelope
    payload_type: Span,
    pub(super) method_arn: Span,
    records: Span,
}

impl<'e> Envelope<'e> {
    /// Reads the payload of an invocation. Text with escapes is unescaped into `scratch`, which is cleared first
    /// and keeps its capacity.
    ///
    /// Unknown fields are skipped; missing and null ones are empty (contract §2.1).
    ///
    /// # Errors
    /// If the bytes are not one JSON object in UTF-8, or say they are a WebSocket event but lack its event type,
    /// connection id or (for a message) route key.
    pub fn parse(bytes: &'e [u8], scratch: &'e mut String) -> Result<Self, Malformed> {
        let input = match str::from_utf8(bytes) {
            Ok(input) => input,
            Err(error) => return Err(Malformed::new("not UTF-8", error.valid_up_to())),
        };
        scratch.clear();
        let mut reader = Reader::new(input, scratch);
        let mut fields = Fields::default();
        let read = reader.object(|r, name| top_level(r, name, &mut fields)).and_then(|()| reader.end());
        if read.is_err() {
            return Err(reader.wrong());
        }
        fields.classify(input, scratch)
    }
}

fn top_level<'e>(r: &mut Reader<'e, '_>, name: &'e str, f: &mut Fields) -> Read<()> {
    match name {
        "requestContext" if r.at_object() => r.object(|r, name| context(r, name, f))?,
        "headers" => f.headers = r.raw()?,
        "multiValueHeaders" => f.multi_value_headers = r.raw()?,
        "queryStringParameters" => f.query = r.raw()?,
        "multiValueQueryStringParameters" => f.multi_value_query = r.raw()?,
        "stageVariables" => f.stage_variables = r.raw()?,
        "body" => f.body = r.text_or_null()?,
        "isBase64Encoded" => f.is_base64_encoded = r.boolean()?,
        "type" => f.payload_type = r.raw()?,
        "methodArn" if r.at_text() => f.method_arn = r.text_or_null()?,
        "Records" => f.records = r.raw()?,
        _ => drop(r.raw()?),
    }
    Ok(())
}

fn context<'e>(r: &mut Reader<'e, '_>, name: &'e str, f: &mut Fields) -> Read<()> {
    match name {
        "eventType" => f.kind = r.text_or_null()?,
        "routeKey" => f.route_key = r.text_or_null()?,
        "connectionId" => f.connection_id = r.text_or_null()?,
        "requestId" => f.request_id = r.text_or_null()?,
        "messageId" => f.message_id = r.text_or_null()?,
        "domainName" => f.domain_name = r.text_or_null()?,
        "stage" => f.stage = r.text_or_null()?,
        "apiId" => f.api_id = r.text_or_null()?,
        "connectedAt" => f.connected_at = r.integer()?.unwrap_or_default(),
        "requestTimeEpoch" => f.request_time_epoch = r.integer()?.unwrap_or_default(),
        "authorizer" => f.authorizer = r.raw()?,
        "disconnectStatusCode" => f.disconnect_status_code = r.integer()?,
        "disconnectReason" => f.disconnect_reason = r.text_or_null()?,
        "identity" if r.at_object() => r.object(|r, name| identity(r, name, f))?,
        _ => drop(r.raw()?),
    }
    Ok(())
}

fn identity<'e>(r: &mut Reader<'e, '_>, name: &'e str, f: &mut Fields) -> Read<()> {
    match name {
        "sourceIp" => f.source_ip = r.text_or_null()?,
        "userAgent" => f.user_agent = r.text_or_null()?,
        _ => drop(r.raw()?),
    }
    Ok(())
}

impl Fields {
    /// An authorizer's event has a context like CONNECT's, so it is looked at first: it must never run `$connect`.
    fn classify<'e>(self, input: &'e str, scratch: &'e str) -> Result<Envelope<'e>, Malformed> {
        let other = |source| Ok(Envelope::Other(OtherEvent::new(source, input)));
        if !self.method_arn.is_empty() && self.payload_type.of(input, scratch) == "\"REQUEST\"" {
            let event_type = EventType::Connect;
            return Ok(Envelope::Authorizer(Event { event_type, fields: self, input, scratch }));
        }
        if !self.records.is_empty() {
            return other(OtherSource::Records(event_source(self.records.of(input, scratch))));
        }
        let event_type = match self.kind.of(input, scratch) {
            "CONNECT" => EventType::Connect,
            "MESSAGE" => EventType::Message,
            "DISCONNECT" => EventType::Disconnect,
            _ => return other(OtherSource::Unknown),
        };
        if self.connection_id.is_empty() {
            return Err(Malformed::new("`requestContext.connectionId` is missing", 0));
        }
        if event_type == EventType::Message && self.route_key.is_empty() {
            return Err(Malformed::new("`requestContext.routeKey` is missing", 0));
        }
        Ok(Envelope::WebSocket(Event { event_type, fields: self, input, scratch }))
    }
}

/// `eventSource` of the first record, such as `aws:sqs`; empty if there is none.
fn event_source(records: &str) -> &str {
    let Some(record) = records.trim_start_matches(['[', ' ', '\n', '\t', '\r']).get(..) else { return "" };
    let (mut source, mut unused) = (Span::default(), String::new());
    let read = Reader::new(record, &mut unused).object(|r, name| {
        match name {
            "eventSource" => source = r.raw()?,
            _ => drop(r.raw()?),
        }
        Ok(())
    });
    if read.is_ok() { source.of(record, "").trim_matches('"') } else { "" }
}
