//! Finds the format of a file by looking at its content. The name counts only where the content
//! leaves a choice.

use serde_json::Value;

use super::format::Format;
use super::{bsp, chat, csv_file, irc, table};

/// The format of a file that begins like this, and what it was recognised by.
pub fn detect(head: &[u8], file_name: &str) -> Option<(Format, String)> {
    if head.starts_with(b"PAR1") {
        return Some((Format::LogParquet, "a Parquet file".to_owned()));
    }
    let body = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let found = match body.first()? {
        b'{' | b'[' => json(body).or_else(|| text(body)),
        b'<' => xes(body),
        _ => text(body).or_else(|| csv(body)),
    };
    found.map(|(format, reason)| (format, reason.to_owned())).or_else(|| by_name(file_name))
}

fn by_name(file_name: &str) -> Option<(Format, String)> {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    let chat = stem == "_chat" || super::privacy::chat_partner(stem).is_some();
    chat.then(|| (Format::WhatsappExport, "a name that phones give to chat exports".to_owned()))
}

type Guess = Option<(Format, &'static str)>;

fn text(body: &[u8]) -> Guess {
    let head = String::from_utf8_lossy(body);
    if head.lines().take(5).any(bsp::twilio_webhooks::looks_like) {
        return Some((Format::TwilioWebhooks, "logged requests with a MessageSid"));
    }
    if irc::looks_like(&head) {
        return Some((Format::Irc, "lines with a time and a `<nick>`"));
    }
    if irc::looks_like_links(&head) {
        return Some((Format::Irc, "reply links between the lines of a log"));
    }
    chat::looks_like(&head).then_some((Format::WhatsappExport, "lines that begin with date and time"))
}

fn xes(body: &[u8]) -> Guess {
    let found =
        memchr::memmem::find(body, b"<log").is_some() || memchr::memmem::find(body, b"<trace").is_some();
    found.then_some((Format::Xes, "XML with a log of traces"))
}

/// Columns that only one kind of table has.
const COLUMNS: [(&[&str], Format, &str); 4] = [
    (&["conversation", "at", "kind", "from"], Format::LogCsv, "the columns of the traffic log"),
    (
        &["From", "To", "Body", "Sid", "Direction"],
        Format::TwilioCsv,
        "the columns of a Twilio console export",
    ),
    (
        &["Ticket Id", "Ticket Number", "Created Time", "Channel"],
        Format::ZohoDeskCsv,
        "the columns of Zoho Desk's Cases",
    ),
    (&["Thread Id", "Ticket Id", "Thread Status"], Format::ZohoDeskCsv, "the columns of Zoho Desk's Threads"),
];

/// What every Freshdesk export has, whatever columns were chosen besides; other tables have it too.
const FRESHDESK: [&str; 2] = ["Ticket ID", "Created time"];

fn csv(body: &[u8]) -> Guess {
    let (names, _) = csv_file::header(body)?;
    let has = |name: &&str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    if let Some((_, format, reason)) = COLUMNS.iter().find(|(columns, ..)| columns.iter().all(has)) {
        return Some((*format, reason));
    }
    if table::shipped_for(&names).is_some() {
        return Some((Format::Table, "the columns of a table whose mapping is shipped"));
    }
    // The other files of a Zoho Desk backup: a second header row with the same names in camel case.
    let second = body.split(|b| *b == b'\n').nth(1).and_then(csv_file::header);
    let alike = |(shown, api): (&String, &String)| api.eq_ignore_ascii_case(&shown.replace([' ', '-'], ""));
    let twice = second.is_some_and(|(api_names, _)| {
        let same = names.iter().zip(&api_names).filter(|pair| alike(*pair)).count();
        names.len() == api_names.len() && names.len() >= 3 && same * 2 >= names.len()
    });
    if twice {
        return Some((Format::ZohoDeskCsv, "two header rows, as in Zoho Desk backups"));
    }
    FRESHDESK.iter().all(has).then_some((Format::FreshdeskCsv, "the columns of a Freshdesk export"))
}

/// The first object in a JSON text tells; if it is a wrapper or a collection of named values, what is
/// in it tells.
fn json(body: &[u8]) -> Guess {
    let sample = first_object(body)?;
    let mut level = vec![&sample];
    for _ in 0..3 {
        if let Some(found) = level.iter().find_map(|value| by_keys(value)) {
            return Some(found);
        }
        level = level.into_iter().flat_map(inside).collect();
    }
    None
}

fn inside(value: &Value) -> Vec<&Value> {
    let Some(object) = value.as_object() else { return Vec::new() };
    let objects = object.values().filter_map(|v| match v {
        Value::Array(items) => items.iter().find(|i| i.is_object()),
        Value::Object(_) => Some(v),
        _ => None,
    });
    objects.take(16).collect()
}

/// Keys that only one kind of record has, all of them needed.
const KEYS: [(&[&str], Format, &str); 41] = [
    (&["conversation", "at", "kind", "from"], Format::LogJsonl, "the keys of the traffic log"),
    (&["object", "entry"], Format::WhatsappWebhooks, "webhook bodies: `object` and `entry`"),
    (&["gs_app_id", "entry"], Format::WhatsappWebhooks, "Gupshup v3 bodies: `gs_app_id` and `entry`"),
    (&["convo_id", "original"], Format::Abcd, "the keys of the Action-Based Conversations Dataset"),
    (&["app", "timestamp", "type", "payload"], Format::Gupshup, "Gupshup v2 callbacks"),
    (&["eventType", "waId"], Format::Wati, "Wati webhooks"),
    (&["eventType", "whatsappMessageId"], Format::Wati, "Wati webhooks"),
    (&["entity_type", "event", "event_time"], Format::ZohoSalesiq, "Zoho SalesIQ webhooks"),
    (&["eventType", "payload", "orgId"], Format::ZohoDeskJson, "Zoho Desk webhooks"),
    (&["eventType", "payload", "eventTime"], Format::ZohoDeskJson, "Zoho Desk webhooks"),
    (&["ticketNumber", "createdTime"], Format::ZohoDeskJson, "Zoho Desk tickets"),
    (&["MessageSid", "From", "To"], Format::TwilioWebhooks, "logged requests with a MessageSid"),
    (&["MessageSid", "ConversationSid"], Format::TwilioWebhooks, "logged requests with a ConversationSid"),
    (&["sid", "conversation_sid"], Format::TwilioConversations, "Twilio conversations"),
    (&["sid", "chat_service_sid"], Format::TwilioConversations, "Twilio conversations"),
    (&["sid", "direction", "from", "to"], Format::TwilioJson, "Twilio messages"),
    (&["display_id", "messages_count", "category"], Format::Happyfox, "HappyFox tickets"),
    (&["display_id", "first_message"], Format::Happyfox, "HappyFox tickets"),
    (&["display_id", "updates"], Format::Happyfox, "HappyFox tickets"),
    (&["owner_contactid", "departmentid"], Format::Liveagent, "LiveAgent tickets"),
    (&["datecreated", "messages", "userid"], Format::Liveagent, "LiveAgent message groups"),
    (&["conversation_code", "date_from"], Format::Liveagent, "LiveAgent ticket history"),
    (&["ticket_id", "metric", "instance_id"], Format::Zendesk, "Zendesk metric events"),
    (&["ticket_id", "author_id", "events"], Format::Zendesk, "Zendesk audits"),
    (&["reply_time_in_minutes", "ticket_id"], Format::Zendesk, "Zendesk ticket metrics"),
    (&["requester_id", "submitter_id"], Format::Zendesk, "Zendesk tickets"),
    (&["audit_id", "author_id"], Format::Zendesk, "Zendesk comments"),
    (&["author_id", "plain_body"], Format::Zendesk, "Zendesk comments"),
    (&["requester_id", "fr_due_by"], Format::FreshdeskJson, "Freshdesk tickets"),
    (&["requester_id", "responder_id"], Format::FreshdeskJson, "Freshdesk tickets"),
    (&["incoming", "private", "body_text"], Format::FreshdeskJson, "Freshdesk conversations"),
    (&["ratings", "ticket_id"], Format::FreshdeskJson, "Freshdesk satisfaction ratings"),
    (&["message_type", "conversation_id"], Format::Chatwoot, "Chatwoot messages"),
    (&["inbox_id", "can_reply"], Format::Chatwoot, "Chatwoot conversations"),
    (&["inbox_id", "contact_last_seen_at"], Format::Chatwoot, "Chatwoot conversations"),
    (&["conversation_id", "value_in_business_hours"], Format::Chatwoot, "Chatwoot reporting events"),
    (&["assignee_id", "score", "ticket_id"], Format::Zendesk, "Zendesk satisfaction ratings"),
    (&["messaging_product", "metadata"], Format::WhatsappWebhooks, "pieces of webhook bodies"),
    (&["messaging_product", "contacts", "messages"], Format::WhatsappWebhooks, "pieces of webhook bodies"),
    (&["id", "recipient_id", "status", "timestamp"], Format::WhatsappWebhooks, "states of messages"),
    (&["id", "from", "timestamp", "type"], Format::WhatsappWebhooks, "messages of webhook bodies"),
];

fn by_keys(value: &Value) -> Guess {
    let object = value.as_object()?;
    // A logged request holds its body as an object, which is looked into later, or escaped, as a string.
    let escaped = |all: &[&str]| {
        object.values().filter_map(Value::as_str).any(|text| all.iter().all(|word| text.contains(word)))
    };
    if value.get("body").is_some_and(|b| b.get("entry").is_some()) || escaped(&["\"entry\"", "\"changes\""]) {
        return Some((Format::WhatsappWebhooks, "logged requests with webhook bodies"));
    }
    if escaped(&["MessageSid="]) {
        return Some((Format::TwilioWebhooks, "logged requests with a MessageSid"));
    }
    let found = KEYS.iter().find(|(keys, ..)| keys.iter().all(|k| object.contains_key(*k)));
    found.map(|(_, format, reason)| (*format, *reason))
}

/// The first object of a text: of the first line, of an array, or of the text as a whole. A text that
/// is cut off is closed as well as it goes.
fn first_object(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start().trim_start_matches('[').trim_start();
    if let Some(Ok(value)) = serde_json::Deserializer::from_str(text).into_iter::<Value>().next() {
        return value.is_object().then_some(value);
    }
    // Cut off in the middle: go back, comma by comma, until what is there can be closed.
    let mut end = text.len();
    for _ in 0..64 {
        end = text[..end].rfind(',')?;
        if let Some(closed) = close(&text[..end])
            && let Ok(value) = serde_json::from_str::<Value>(&closed)
            && value.is_object()
        {
            return Some(value);
        }
    }
    // A first line that is broken: what the others are.
    text.lines()
        .skip(1)
        .take(5)
        .find_map(|line| serde_json::from_str::<Value>(line).ok().filter(Value::is_object))
}

/// Appends the brackets that are open at the end of a text; `None` inside a string.
fn close(text: &str) -> Option<String> {
    let mut open = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '{' if !in_string => open.push('}'),
            '[' if !in_string => open.push(']'),
            '}' | ']' if !in_string => {
                open.pop();
            }
            _ => {}
        }
    }
    (!in_string && open.len() <= 100).then(|| text.chars().chain(open.into_iter().rev()).collect())
}
