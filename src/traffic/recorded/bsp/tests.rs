//! Small logs written by hand with the providers' real field names.

use crate::traffic::log::{Event, Kind, Role};
use crate::traffic::recorded::{Format, ImportReport, Input, Options, import};

fn read(name: &str, text: &str, format: Format) -> (ImportReport, Vec<Event>) {
    let mut events = Vec::new();
    let report =
        import(&[Input::memory(name, text.as_bytes())], &Options::default(), &mut |e| events.push(e.clone()))
            .unwrap();
    assert_eq!(report.files[0].format, format.name(), "{}", report.files[0].reason);
    (report, events)
}

fn shape(events: &[Event]) -> Vec<(Kind, Role, &str)> {
    events.iter().map(|e| (e.kind, e.from, e.text.as_deref().or(e.value.as_deref()).unwrap_or(""))).collect()
}

const AT: i64 = 1_772_461_800_000;

#[test]
fn twilio_console_csv() {
    let text = "From,To,Body,Status,SentDate,ApiVersion,NumSegments,ErrorCode,AccountSid,Sid,Direction,Price,PriceUnit\n\
        \"whatsapp:+5511999990000\",\"whatsapp:+15550001111\",\"Hi, order 1234?\nStill waiting\",\"received\",\"2026-03-02T14:30:00Z\",\"2010-04-01\",\"1\",\"\",\"AC1\",\"SM1\",\"inbound\",\"-0.00500\",\"USD\"\n\
        \"whatsapp:+15550001111\",\"whatsapp:+5511999990000\",\"Let me check \"\"1234\"\"\",\"read\",\"2026-03-02T14:31:07Z\",\"2010-04-01\",\"1\",\"\",\"AC1\",\"SM2\",\"outbound-api\",\"-0.00500\",\"USD\"\n\
        \"whatsapp:+15550001111\",\"whatsapp:+5511999990000\",\"again\",\"failed\",\"\",\"2010-04-01\",\"1\",\"63016\",\"AC1\",\"SM3\",\"outbound-api\",\"\",\"USD\"\n";
    let (r, events) = read("log.csv", text, Format::TwilioCsv);
    assert_eq!((r.read, r.kept, r.notices, r.quarantined), (4, 2, 1, 1));
    assert_eq!(
        shape(&events),
        [
            (Kind::Message, Role::Customer, "Hi, order 1234?\nStill waiting"),
            (Kind::Message, Role::Agent, "Let me check \"1234\""),
            (Kind::Delivery, Role::System, "read"),
        ]
    );
    assert_eq!(events[0].at.ms(), AT);
    assert_eq!(r.conversations, 1);
}

#[test]
fn twilio_messages_json() {
    let message = |sid: &str, direction: &str, date: &str| {
        format!(
            r#"{{"account_sid":"AC1","body":"x","date_created":"{date}","date_sent":"{date}","date_updated":"{date}","direction":"{direction}","error_code":null,"from":"whatsapp:+5511999990000","num_media":"1","sid":"{sid}","status":"received","to":"whatsapp:+15550001111"}}"#
        )
    };
    let first = message("SM1", "inbound", "Mon, 02 Mar 2026 14:30:00 +0000");
    let page = format!(
        r#"{{"first_page_uri":"/x","end":1,"messages":[{first},{first},{},{}],"next_page_uri":null}}"#,
        message("SM2", "outbound-reply", "2026-03-02T14:30:05Z"),
        message("SM3", "sideways", "2026-03-02T14:30:05Z"),
    );
    let (r, events) = read("page.json", &page, Format::TwilioJson);
    assert_eq!((r.read, r.kept, r.duplicates, r.quarantined), (4, 2, 1, 1));
    assert_eq!(
        (events[0].at.ms(), events[0].from, events[0].media.as_deref()),
        (AT, Role::Customer, Some("unknown"))
    );
    assert_eq!(events[1].from, Role::Bot);
}

#[test]
fn twilio_conversations_and_webhooks() {
    let text = concat!(
        r#"{"sid":"IM1","conversation_sid":"CH1","index":0,"author":"whatsapp:+5511999990000","body":"Hi","participant_sid":"MB1","date_created":"2026-03-02T14:30:00Z"}"#,
        "\n",
        r#"{"sid":"IM2","conversation_sid":"CH1","index":3,"author":"eva@shop.example","body":"Hello","participant_sid":"MB2","date_created":"2026-03-02T14:31:00Z"}"#,
        "\n",
        r#"{"sid":"MB2","conversation_sid":"CH1","identity":"eva@shop.example","date_created":"2026-03-02T14:29:00Z"}"#,
        "\n",
        r#"{"sid":"CH1","chat_service_sid":"IS1","state":"closed","timers":{"date_closed":"2026-03-02T15:00:00Z"},"date_created":"2026-03-02T14:29:59Z"}"#,
        "\n",
    );
    let (r, events) = read("c.jsonl", text, Format::TwilioConversations);
    assert_eq!((r.read, r.kept, r.notices), (4, 3, 1));
    assert_eq!(
        shape(&events),
        [
            (Kind::Status, Role::System, "open"),
            (Kind::Message, Role::Customer, "Hi"),
            (Kind::Message, Role::Agent, "Hello"),
            (Kind::Status, Role::System, "closed"),
        ]
    );
    let text = "2026-03-02T14:30:00.412Z MessageSid=SM01&From=whatsapp%3A%2B5511999990000&To=whatsapp%3A%2B15550001111&Body=Hi+there%21&NumMedia=0&ProfileName=Ana&WaId=5511999990000&SmsStatus=received&MessageType=text\n\
        2026-03-02T14:30:09Z MessageSid=SM02&MessageStatus=sent&To=whatsapp%3A%2B5511999990000&From=whatsapp%3A%2B15550001111\n\
        2026-03-02T14:30:09Z MessageSid=SM02&MessageStatus=sent&To=whatsapp%3A%2B5511999990000&From=whatsapp%3A%2B15550001111\n\
        MessageSid=SM03&MessageStatus=sent&To=whatsapp%3A%2B5511999990000\n";
    let (r, events) = read("requests.log", text, Format::TwilioWebhooks);
    assert_eq!((r.read, r.kept, r.duplicates, r.quarantined), (4, 2, 1, 1));
    assert_eq!((events[0].at.ms(), events[0].text.as_deref()), (AT + 412, Some("Hi there!")));
    assert_eq!(r.conversations, 1);
}

#[test]
fn gupshup_of_both_versions() {
    let text = concat!(
        r#"{"app":"Shop","timestamp":1772461800412,"version":2,"type":"message","payload":{"id":"wamid.A1","source":"5511999990000","type":"text","payload":{"text":"Hi"},"sender":{"phone":"5511999990000","name":"Ana","country_code":"55","dial_code":"11999990000"}}}"#,
        "\n",
        r#"{"app":"Shop","timestamp":1772461868000,"version":2,"type":"message-event","payload":{"id":"wamid.B1","gsId":"7b","type":"sent","destination":"5511999990000","payload":{"ts":1772461867}}}"#,
        "\n",
        r#"{"app":"Shop","timestamp":1772461870000,"version":2,"type":"message-event","payload":{"id":"wamid.B1","gsId":"7b","type":"delivered","destination":"5511999990000","payload":{"ts":1772461868}}}"#,
        "\n",
        r#"{"app":"Shop","timestamp":1772461870000,"version":2,"type":"billing-event","payload":{}}"#,
        "\n",
    );
    let (r, events) = read("g.jsonl", text, Format::Gupshup);
    assert_eq!((r.read, r.kept, r.notices), (4, 3, 1));
    assert_eq!(events[0].at.ms(), AT + 412);
    assert_eq!(events[1].at.ms(), AT + 67_000, "the inner time, in seconds");
    assert_eq!((r.messages, r.conversations), (2, 1));
    let late: String = text.lines().filter(|l| !l.contains("\"sent\"")).map(|l| format!("{l}\n")).collect();
    let (_, events) = read("g.jsonl", &late, Format::Gupshup);
    let kinds: Vec<_> = events.iter().map(|e| (e.kind, e.at.ms() - AT)).collect();
    let expected = [(Kind::Message, 412), (Kind::Message, 68_000), (Kind::Delivery, 68_000)];
    assert_eq!(kinds, expected, "what was delivered was written");
    let v3 = r#"{"object":"whatsapp_business_account","gs_app_id":"app-1","entry":[{"id":"100","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","statuses":[{"gs_id":"7b","id":"7b","recipient_id":"5511999990000","status":"enqueued","timestamp":1772461866120}]}}]}]}"#;
    let (r, events) = read("g3.json", v3, Format::WhatsappWebhooks);
    assert_eq!((r.read, r.kept), (1, 1));
    assert_eq!(events[0].at.ms(), AT + 66_120);
}

#[test]
fn wati_webhooks() {
    let text = concat!(
        r#"{"eventType":"message","id":"65f1","created":"2026-03-02T14:30:00.4120000Z","whatsappMessageId":"wamid.A1","conversationId":"c-1","ticketId":"t-1","text":"Hi","type":"text","timestamp":"1772461800","owner":false,"statusString":"SENT","waId":"5511999990000","senderName":"Ana"}"#,
        "\n",
        r#"{"eventType":"sessionMessageSent_v2","id":"65f2","localMessageId":"lm-2","whatsappMessageId":"wamid.B1","conversationId":"c-1","ticketId":"t-1","text":"One moment, Ana","type":"text","timestamp":"1772461867","owner":true,"statusString":"SENT","operatorEmail":"eva@shop.example","operatorName":"Eva","waId":"5511999990000"}"#,
        "\n",
        r#"{"eventType":"sentMessageREAD_v2","id":"65f3","localMessageId":"lm-2","whatsappMessageId":"wamid.B1","timestamp":"1772461869","waId":"5511999990000"}"#,
        "\n",
        r#"{"eventType":"sessionMessageSent_v2","id":"65f4","localMessageId":"lm-3","whatsappMessageId":"wamid.B2","ticketId":"t-1","text":"Menu","type":"text","timestamp":"1772461801","owner":true,"operatorName":"Bot","waId":"5511999990000"}"#,
        "\n",
        r#"{"eventType":"message","waId":"5511999990000","timestamp":"soon"}"#,
        "\n",
    );
    let (r, events) = read("w.jsonl", text, Format::Wati);
    assert_eq!((r.read, r.kept, r.quarantined), (5, 4, 1));
    assert_eq!(
        shape(&events),
        [
            (Kind::Message, Role::Customer, "Hi"),
            (Kind::Message, Role::Bot, "Menu"),
            (Kind::Message, Role::Agent, "One moment, [name]"),
            (Kind::Delivery, Role::System, "read"),
        ]
    );
    assert_eq!(r.conversations, 1, "the status finds its ticket");
}

#[test]
fn zoho_salesiq_webhooks() {
    let event = |event: &str, time: i64, rest: &str| {
        format!(
            "{{\"entity_type\":\"conversation\",\"webhook\":{{\"id\":\"w1\"}},\"event\":\"conversation.{event}\",\"entity_id\":\"10\",\
             \"attempt\":1,\"event_time\":\"{time}\",\"entity\":{{\"id\":\"10\",\"visitor\":{{\"name\":\"Ana\",\"id\":\"v1\"}}{rest}}}}}\n"
        )
    };
    let text = [
        event("created", AT, ",\"question\":\"Hi\""),
        event("visitor.replied", AT + 1, ",\"message\":{\"sender\":{\"type\":\"visitor\"},\"msgid\":\"m1\",\"text\":\"Hi\"}"),
        event("operator.replied", AT + 2, ",\"message\":{\"sender\":{\"type\":\"operator\",\"id\":\"7\"},\"msgid\":\"m2\",\"text\":\"Hello\"}"),
        event("operator.replied", AT + 2, ",\"message\":{\"sender\":{\"type\":\"operator\",\"id\":\"7\"},\"msgid\":\"m2\",\"text\":\"Hello\"}"),
        event("rated", AT + 3, ",\"rating\":5"),
        event("completed", AT + 4, ""),
        event("supervisor.added", AT + 5, ""),
    ]
    .concat();
    let (r, events) = read("s.jsonl", &text, Format::ZohoSalesiq);
    assert_eq!((r.read, r.kept, r.duplicates, r.notices), (7, 4, 2, 1));
    assert_eq!(
        shape(&events),
        [
            (Kind::Status, Role::System, "open"),
            (Kind::Message, Role::Customer, "Hi"),
            (Kind::Message, Role::Agent, "Hello"),
            (Kind::Rating, Role::Customer, "5"),
            (Kind::Status, Role::System, "closed"),
        ]
    );
}

/// An event names a message by WhatsApp's id once it is sent; `gsId` is left out after a while.
#[test]
fn gupshup_ids_are_joined() {
    let event = |ids: &str, state: &str, second: u32| {
        format!(
            r#"{{"app":"S","timestamp":{}000,"version":2,"type":"message-event","payload":{{{ids},"type":"{state}","destination":"5511999990000","payload":{{"ts":{0}}}}}}}"#,
            1_772_461_800 + second
        )
    };
    let text = [
        event(r#""id":"wamid.B""#, "read", 9),
        event(r#""id":"wamid.B","gsId":"g1""#, "sent", 1),
        event(r#""id":"g1""#, "enqueued", 0),
        event(r#""id":"wamid.B""#, "delivered", 2),
    ];
    let (r, events) = read("g.jsonl", &text.join("\n"), Format::Gupshup);
    assert_eq!((r.read, r.kept), (4, 4));
    assert_eq!(events.iter().filter(|e| e.kind == Kind::Message).count(), 1, "{events:?}");
    // Written in another order, as one object over several lines.
    let spread = "{\n\"payload\":{\"id\":\"x\",\"source\":\"55\",\"type\":\"text\",\"payload\":{\"text\":\"hi\"}},\n\"type\":\"message\",\n\"timestamp\":1772461800000,\n\"app\":\"S\"}";
    let (r, _) = read("g.json", spread, Format::Gupshup);
    assert_eq!((r.read, r.kept), (1, 1));
}

/// The conversation has one id in all events, and a message stays the same when it is delivered again.
#[test]
fn salesiq_deliveries() {
    let event = |name: &str, attempt: u8, time: &str, entity: &str| {
        format!(
            r#"{{"entity_type":"conversation","event":"conversation.{name}","entity_id":"10","attempt":{attempt},"event_time":"{time}","entity":{{{entity}}}}}"#
        )
    };
    let said =
        r#""id":"10","message":{"sender":{"type":"operator","id":"7"},"msgid":"m2","text":"One moment"}"#;
    let text = [
        event("created", 1, "1772461800000", r#""id":"10","conversation_id":"siq01","question":"Hi""#),
        event("operator.replied", 1, "1772461867000", said),
        event("operator.replied", 2, "1772461927000", said),
        event("rated", 1, "1772461990000", r#""id":"10""#),
    ];
    let (r, _) = read("s.jsonl", &text.join("\n"), Format::ZohoSalesiq);
    assert_eq!((r.kept, r.duplicates, r.notices, r.conversations), (2, 1, 1, 1));
}

#[test]
fn twilio_pages_one_per_line() {
    let message = |sid: &str| {
        format!(
            r#"{{"sid":"{sid}","direction":"inbound","from":"whatsapp:US.1","to":"whatsapp:+1","body":"x","date_sent":"Mon, 02 Mar 2026 14:30:00 +0000"}}"#
        )
    };
    let page =
        |a: &str, b: &str| format!(r#"{{"uri":"/x","messages":[{},{}],"page":0}}"#, message(a), message(b));
    let text = format!("{}\n{}\n", page("SM1", "SM2"), page("SM2", "SM3"));
    let (r, _) = read("pages.jsonl", &text, Format::TwilioJson);
    assert_eq!((r.read, r.kept, r.duplicates, r.conversations), (4, 3, 1, 1));
    let (r, _) = read("page.json", &page("SM1", "SM2"), Format::TwilioJson);
    assert_eq!((r.read, r.kept), (2, 2));
}
