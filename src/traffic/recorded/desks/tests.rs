//! Small exports written by hand with the desks' real field names.

use crate::traffic::log::{Event, Kind, Role};
use crate::traffic::recorded::{Format, ImportReport, Input, Options, import};

fn read_all(inputs: &[(&str, &str)], format: Format) -> (ImportReport, Vec<Event>) {
    let mut events = Vec::new();
    let inputs: Vec<Input> = inputs.iter().map(|(name, text)| Input::memory(name, text.as_bytes())).collect();
    let report = import(&inputs, &Options::default(), &mut |e| events.push(e.clone())).unwrap();
    for file in &report.files {
        assert_eq!(file.format, format.name(), "{}: {}", file.name, file.reason);
    }
    (report, events)
}

fn read(name: &str, text: &str, format: Format) -> (ImportReport, Vec<Event>) {
    read_all(&[(name, text)], format)
}

fn shape(events: &[Event]) -> Vec<(Kind, Role, &str)> {
    events.iter().map(|e| (e.kind, e.from, e.text.as_deref().or(e.value.as_deref()).unwrap_or(""))).collect()
}

use Kind::*;
use Role::*;

#[test]
fn freshdesk_csv() {
    let text = "Ticket Id,Subject,Status,Priority,Source,Agent,Group,Created time,Resolved time,Closed time,Last update time,Initial response time,First response time (in Hrs),Tags,Survey results,Email\n\
        101,Where is it?,Closed,Urgent,WhatsApp,Eva Stone,Front,2026-03-02 14:30:00,2026-03-02 15:30:00,2026-03-03 10:00:00,2026-03-03 10:00:00,2026-03-02 14:40:00,00:10:00,\"late, parcel\",Happy,ana@x.example\n\
        101,Where is it?,Closed,Urgent,WhatsApp,Eva Stone,Front,2026-03-02 14:30:00,,,,,,,,ana@x.example\n\
        102,Hello Eva,Pending,Low,WhatsApp,Eva Stone,,2026-03-02 16:00:00,,,2026-03-02 17:00:00,,26:00:30,,,leo@x.example\n\
        103,x,Open,Low,WhatsApp,,,yesterday,,,,,,,,\n";
    let (r, events) = read("tickets.csv", text, Format::FreshdeskCsv);
    assert_eq!((r.read, r.kept, r.duplicates, r.notices, r.quarantined), (5, 2, 1, 1, 1));
    let first: Vec<_> = events.iter().filter(|e| e.conversation == "101").cloned().collect();
    assert_eq!(
        shape(&first),
        [
            (Message, Customer, "Where is it?"),
            (Status, Agent, "open"),
            (Priority, Agent, "urgent"),
            (Assign, Agent, "Front"),
            (Tag, Agent, "late"),
            (Tag, Agent, "parcel"),
            (Message, Agent, ""),
            (Status, Agent, "resolved"),
            (Status, Agent, "closed"),
            (Rating, Customer, "4"),
        ]
    );
    let second: Vec<_> = events.iter().filter(|e| e.conversation == "102").cloned().collect();
    assert_eq!(second[0].text.as_deref(), Some("Hello [name]"));
    let reply = second.iter().find(|e| e.kind == Message && e.from == Agent).unwrap();
    assert_eq!(reply.at - second[0].at, crate::time::Span::from_s(26 * 3_600 + 30), "hours may pass 24");
    assert!(second.iter().any(|e| e.kind == Status && e.value.as_deref() == Some("pending")));
}

#[test]
fn freshdesk_json() {
    let text = r#"[
      {"id": 1, "requester_id": 9, "responder_id": 5, "group_id": 3, "status": 5, "priority": 3, "created_at": "2026-03-02T14:30:00Z",
       "updated_at": "2026-03-02T16:00:00Z", "description_text": "Where is it?", "subject": "s", "tags": ["late"], "fr_due_by": null,
       "stats": {"first_responded_at": "2026-03-02T14:40:00Z", "resolved_at": "2026-03-02T15:00:00Z", "closed_at": "2026-03-02T16:00:00Z"},
       "conversations": [
         {"id": 11, "ticket_id": 1, "user_id": 5, "incoming": false, "private": true, "body_text": "ask logistics", "created_at": "2026-03-02T14:35:00Z"},
         {"id": 12, "ticket_id": 1, "user_id": 5, "incoming": false, "private": false, "body": "<p>On its <b>way</b></p>", "created_at": "2026-03-02T14:40:00Z"}]},
      {"id": 2, "requester_id": 8, "responder_id": null, "status": 3, "priority": 1, "created_at": "2026-03-02T14:30:00Z", "updated_at": "2026-03-02T14:50:00Z",
       "description": "<div>Hi</div>", "stats": {"first_responded_at": "2026-03-02T14:45:00Z", "pending_since": "2026-03-02T14:50:00Z"}},
      {"id": 7, "ticket_id": 1, "user_id": 9, "ratings": {"default_question": 103}, "created_at": "2026-03-03T09:00:00Z"}
    ]"#;
    let (r, events) = read("tickets.json", text, Format::FreshdeskJson);
    assert_eq!((r.read, r.kept, r.quarantined), (5, 5, 0));
    let of = |ticket: &str| -> Vec<Event> {
        events.iter().filter(|e| e.conversation == ticket).cloned().collect()
    };
    assert_eq!(
        shape(&of("1")),
        [
            (Message, Customer, "Where is it?"),
            (Status, Agent, "open"),
            (Priority, Agent, "high"),
            (Assign, Agent, "3"),
            (Tag, Agent, "late"),
            (Note, Agent, "ask logistics"),
            (Message, Agent, "On its way"),
            (Status, Agent, "resolved"),
            (Status, Agent, "closed"),
            (Rating, Customer, "5"),
        ]
    );
    let replies = of("2").iter().filter(|e| e.kind == Message && e.from == Agent).count();
    assert_eq!(replies, 1, "only the statistics know of the first reply");
}

#[test]
fn zendesk_audits() {
    let tickets = r#"{"tickets":[{"id":35,"requester_id":900,"submitter_id":900,"status":"solved","priority":"high","description":"Hi","tags":["vip"],"created_at":"2026-03-02T14:30:00Z","updated_at":"2026-03-02T15:00:00Z"}],"count":1}"#;
    let audits = r#"{"audits":[
      {"id":1,"ticket_id":35,"author_id":900,"created_at":"2026-03-02T14:30:00Z","events":[{"id":2,"type":"Comment","body":"Hi","public":true,"author_id":900},{"id":3,"type":"Create","field_name":"status","value":"new"},{"id":4,"type":"Notification"}]},
      {"id":5,"ticket_id":35,"author_id":77,"created_at":"2026-03-02T14:40:00Z","events":[{"id":6,"type":"Comment","body":"Look","public":false,"author_id":77},{"id":7,"type":"Comment","body":"Hello","public":true,"author_id":77},{"id":8,"type":"Change","field_name":"status","value":"pending","previous_value":"new"}]},
      {"id":5,"ticket_id":35,"author_id":77,"created_at":"2026-03-02T14:40:00Z","events":[]},
      {"id":9,"ticket_id":35,"author_id":-1,"created_at":"2026-03-02T15:00:00Z","events":[{"id":10,"type":"Something new"}]}
    ],"next_page":null}"#;
    let (r, events) = read_all(&[("t.json", tickets), ("a.json", audits)], Format::Zendesk);
    assert_eq!((r.read, r.kept, r.duplicates, r.notices), (5, 3, 1, 1));
    assert_eq!(
        shape(&events),
        [
            (Tag, System, "vip"),
            (Message, Customer, "Hi"),
            (Status, Customer, "open"),
            (Note, Agent, "Look"),
            (Message, Agent, "Hello"),
            (Status, Agent, "pending"),
        ]
    );
}

#[test]
fn zendesk_metric_events() {
    let event = |id: u32, metric: &str, what: &str, minute: u32| {
        format!(
            r#"{{"id":{id},"ticket_id":35,"metric":"{metric}","instance_id":1,"type":"{what}","time":"2026-03-02T14:{minute:02}:00Z"}}"#
        )
    };
    let text = [
        event(1, "reply_time", "activate", 30),
        event(2, "agent_work_time", "activate", 30),
        event(3, "reply_time", "apply_sla", 30),
        event(4, "reply_time", "breach", 40),
        event(5, "reply_time", "fulfill", 45),
        event(5, "reply_time", "fulfill", 45),
        event(6, "agent_work_time", "pause", 45),
        event(7, "requester_wait_time", "measure", 45),
        event(8, "resolution_time", "fulfill", 50),
    ]
    .join("\n");
    let (r, events) = read("m.jsonl", &text, Format::Zendesk);
    assert_eq!((r.read, r.kept, r.duplicates, r.notices), (9, 7, 1, 1));
    assert_eq!(r.messages, 2);
    assert!(events.iter().any(|e| e.value.as_deref() == Some("breach_reply_time")));
    assert_eq!(events.last().and_then(|e| e.value.as_deref()), Some("resolved"));
}

#[test]
fn zoho_desk_webhooks() {
    let text = r#"[{"eventType":"Ticket_Add","eventTime":"1772461800412","orgId":"o1","payload":{"id":"900","ticketNumber":"101","subject":"Order 1234","status":"Open","priority":"High","channel":"WhatsApp","createdTime":"2026-03-02T14:30:00.000Z"}}]
[{"eventType":"Ticket_Thread_Add","eventTime":"1772461860000","orgId":"o1","payload":{"id":"t1","ticketId":"900","direction":"out","content":"<div>Hello</div>","createdTime":"2026-03-02T14:31:00.000Z"}},{"eventType":"Ticket_Update","eventTime":"1772461920000","orgId":"o1","payload":{"id":"900","status":"Closed","priority":"High"},"prevState":{"status":"Open","priority":"High"}}]
[{"eventType":"Ticket_Add","eventTime":"1772461800412","orgId":"o1","payload":{"id":"900","createdTime":"2026-03-02T14:30:00.000Z"}},{"eventType":"Department_Add","eventTime":"1772461800412","payload":{"id":"1"}}]"#;
    let (r, events) = read("z.jsonl", text, Format::ZohoDeskJson);
    assert_eq!((r.read, r.kept, r.duplicates, r.notices), (5, 3, 1, 1));
    assert_eq!(
        shape(&events),
        [
            (Message, Customer, "Order 1234"),
            (Status, System, "open"),
            (Priority, System, "high"),
            (Message, Agent, "Hello"),
            (Status, Agent, "closed"),
        ]
    );
}

#[test]
fn happyfox_tickets() {
    let text = r##"{"page_info":{"count":1},"data":[{"id":3,"display_id":"#DC00000003","subject":"s","first_message":"Hi","messages_count":2,
      "category":{"id":1,"name":"Sales"},"priority":{"name":"High"},"status":{"name":"Closed"},"user":{"id":9,"name":"Ana Gomez","email":"ana@x.example"},
      "created_at":"2026-03-02 14:30:00","tags":"a, b",
      "updates":[
        {"update_id":1,"timestamp":"2026-03-02 14:30:00","by":{"type":"user","id":9,"name":"Ana Gomez"},"message":{"text":"Hi, Ana here","message_type":"u"},"status_change":null},
        {"update_id":2,"timestamp":"2026-03-02 14:40:00","by":{"type":"staff","id":1,"name":"Eva"},"message":{"text":"Hello","message_type":"s"},
         "status_change":{"old":1,"new":4,"old_name":"New","new_name":"Closed"},"priority_change":{"old_name":"Low","new_name":"High"},"assignee_change":{"new":1,"new_name":"Eva"}}]}]}"##;
    let (r, events) = read("h.json", text, Format::Happyfox);
    assert_eq!((r.read, r.kept, r.conversations), (1, 1, 1));
    let found = shape(&events);
    assert_eq!(found.iter().filter(|(k, ..)| *k == Message).count(), 2, "the opening message is told once");
    assert!(found.contains(&(Message, Customer, "Hi, [name] here")));
    assert!(found.contains(&(Priority, System, "low")) && found.contains(&(Priority, Agent, "high")));
    assert!(found.contains(&(Status, Agent, "closed")));
    assert!(events.iter().all(|e| e.value.as_deref() != Some("Eva")));
}

#[test]
fn liveagent_records() {
    let tickets = r#"[{"id":"ab1","owner_contactid":"c9","owner_name":"Ana","departmentid":"d1","agentid":"u5","status":"R","channel_type":"A","subject":"s","date_created":"2026-03-02 14:30:00","date_changed":"2026-03-02 15:00:00","date_resolved":"2026-03-02 15:00:00"}]"#;
    let groups = r#"[{"id":"g1","conversationid":"ab1","userid":"c9","user_full_name":"Ana","type":"6","datecreated":"2026-03-02 14:30:00","messages":[{"id":"m1","userid":"c9","type":"M","datecreated":"2026-03-02 14:30:00","message":"Hi"},{"id":"m0","userid":"system00","type":"T","datecreated":"2026-03-02 14:30:00","message":"title"}]},
      {"id":"g2","conversationid":"ab1","userid":"u5","type":"6","datecreated":"2026-03-02 14:40:00","messages":[{"id":"m2","userid":"u5","type":"M","datecreated":"2026-03-02 14:40:00","message":"Hello"},{"id":"m3","userid":"u5","type":"N","datecreated":"2026-03-02 14:41:00","message":"note"}]}]"#;
    let history = r#"[{"id":"h1","conversation_id":"ab1","conversation_code":"X","department_name":"Front","agent_id":"u5","status":"N","date_from":"2026-03-02 14:30:00","date_to":"2026-03-02 14:40:00"},
      {"id":"h2","conversation_id":"ab1","conversation_code":"X","department_name":"Front","agent_id":"u5","status":"R","date_from":"2026-03-02 15:00:00"}]"#;
    let inputs = [("t.json", tickets), ("g.json", groups), ("h.json", history)];
    let (r, events) = read_all(&inputs, Format::Liveagent);
    assert_eq!((r.read, r.kept, r.quarantined, r.conversations), (5, 5, 0, 1));
    let found = shape(&events);
    let said: Vec<_> = found.iter().filter(|(k, ..)| matches!(k, Message | Note)).copied().collect();
    assert_eq!(said, [(Message, Customer, "Hi"), (Message, Agent, "Hello"), (Note, Agent, "note")]);
    let states: Vec<_> = found.iter().filter(|(k, ..)| *k == Status).map(|(_, _, v)| *v).collect();
    assert_eq!(states, ["open", "resolved"], "the history tells, the ticket does not repeat it");
}

#[test]
fn chatwoot_records() {
    let conversations = r#"{"data":{"meta":{"all_count":1},"payload":[{"id":12,"inbox_id":1,"status":"resolved","priority":"high","labels":["late"],"created_at":1772461800,"last_activity_at":1772465400,"first_reply_created_at":0,"waiting_since":0,"can_reply":true,
      "meta":{"sender":{"id":4,"name":"Ana","phone_number":"+5511999990000"},"team":{"name":"Front"}},"messages":[{"id":1,"content":"Hi","message_type":0,"created_at":1772461800,"conversation_id":12,"sender":{"id":4,"phone_number":"+5511999990000"}}]}]}}"#;
    let messages = r#"{"meta":{"labels":[]},"payload":[
      {"id":1,"content":"Hi","message_type":0,"created_at":1772461800,"conversation_id":12,"private":false,"inbox_id":1},
      {"id":2,"content":"Choose","message_type":1,"created_at":1772461802,"conversation_id":12,"private":false,"sender_type":"AgentBot"},
      {"id":3,"content":"Hello Ana","message_type":1,"created_at":1772461860,"conversation_id":12,"private":false,"sender_type":"User","sender":{"id":7,"name":"Eva"}},
      {"id":4,"content":"look","message_type":1,"created_at":1772461870,"conversation_id":12,"private":true,"sender_type":"User"},
      {"id":5,"content":"resolved by Eva","message_type":2,"created_at":1772465400,"conversation_id":12}]}"#;
    let events = r#"[{"id":1,"name":"conversation_resolved","value":3600.0,"value_in_business_hours":10.0,"conversation_id":12,"inbox_id":1,"contact_last_seen_at":0,"event_start_time":"2026-03-02T14:30:00Z","event_end_time":"2026-03-02T15:20:00Z"}]"#;
    let inputs = [("c.json", conversations), ("m.json", messages), ("e.json", events)];
    let (r, events) = read_all(&inputs, Format::Chatwoot);
    assert_eq!((r.read, r.kept, r.duplicates, r.notices, r.quarantined), (8, 6, 1, 1, 0));
    let found = shape(&events);
    let said: Vec<_> = found.iter().filter(|(k, ..)| matches!(k, Message | Note)).copied().collect();
    assert_eq!(
        said,
        [
            (Message, Customer, "Hi"),
            (Message, Bot, "Choose"),
            (Message, Agent, "Hello [name]"),
            (Note, Agent, "look")
        ]
    );
    let states: Vec<_> =
        events.iter().filter(|e| e.kind == Status).map(|e| (e.value.as_deref(), e.at.ms())).collect();
    assert_eq!(states, [(Some("open"), 1_772_461_800_000), (Some("resolved"), 1_772_464_800_000)]);
}

/// Incremental exports and webhooks tell of the same ticket again, changed or not.
#[test]
fn tickets_that_come_again() {
    let zendesk = |status: &str, updated: &str| {
        format!(
            r#"{{"id":7,"requester_id":9,"submitter_id":9,"status":"{status}","description":"hi","created_at":"2026-03-02T14:30:00Z","updated_at":"{updated}"}}"#
        )
    };
    let freshdesk = |status: u8, updated: &str| {
        format!(
            r#"{{"id":7,"requester_id":9,"responder_id":null,"status":{status},"description_text":"hi","created_at":"2026-03-02T14:30:00Z","updated_at":"{updated}"}}"#
        )
    };
    let chatwoot = |status: &str, updated: u32| {
        format!(
            r#"{{"id":7,"inbox_id":1,"can_reply":true,"status":"{status}","created_at":1772461800,"timestamp":{updated},"event":"conversation_status_changed"}}"#
        )
    };
    let (early, late) = ("2026-03-02T14:30:00Z", "2026-03-02T15:00:00Z");
    for (name, lines) in [
        ("zendesk", [zendesk("open", early), zendesk("open", early), zendesk("solved", late)]),
        ("freshdesk", [freshdesk(2, early), freshdesk(2, early), freshdesk(4, late)]),
        (
            "chatwoot",
            [
                chatwoot("open", 1_772_461_800),
                chatwoot("open", 1_772_461_800),
                chatwoot("resolved", 1_772_463_600),
            ],
        ),
    ] {
        let mut events = Vec::new();
        let input = Input::memory("x.jsonl", lines.join("\n").into_bytes());
        let r = import(&[input], &Options::default(), &mut |e| events.push(e.clone())).unwrap();
        assert_eq!((r.read, r.kept, r.duplicates), (3, 2, 1), "{name}: {:?}", r.quarantine);
        let last = events.last().unwrap();
        assert_eq!((last.kind, last.value.as_deref()), (Kind::Status, Some("resolved")), "{name}");
        assert_eq!(last.at.ms(), 1_772_463_600_000, "{name}");
    }
}

#[test]
fn freshdesk_csv_for_spreadsheets() {
    // A line that names the delimiter, other columns than usual, and no instant of the resolution.
    let text = "sep=;\r\nTicket Id;Agent;Created Time;Resolution time (in Hrs)\r\n7;Eva;2026-03-02 14:30:00;01:00:00\r\n";
    let (r, events) = read("f.csv", text, Format::FreshdeskCsv);
    assert_eq!((r.read, r.kept, r.notices, r.quarantined), (3, 1, 2, 0));
    let resolved = events.iter().find(|e| e.value.as_deref() == Some("resolved")).unwrap();
    assert_eq!(resolved.at.ms(), 1_772_465_400_000);
    assert!(r.notes.iter().any(|n| n.contains("resolved")), "{:?}", r.notes);
}

/// Exports hold comments and people inside of the ticket; pages hold groups and people beside it.
#[test]
fn zendesk_exports_and_side_loads() {
    let ticket = r#"{"id":35,"requester":{"id":900,"name":"Ana Gomez"},"submitter":{"id":900},"requester_id":900,"submitter_id":900,"status":"solved","priority":"high","description":"Hi","created_at":"2026-03-02T14:30:00Z","updated_at":"2026-03-02T15:00:00Z",
      "comments":[{"id":1,"author_id":900,"body":"Hi","public":true,"created_at":"2026-03-02T14:30:00Z"},{"id":2,"author_id":77,"body":"Hello Gomez","public":true,"created_at":"2026-03-02T14:40:00Z"}]}"#;
    let page = format!(
        r#"{{"tickets":[{ticket}],"users":[{{"id":77,"role":"agent","email":"eva@x.example"}}],"groups":[{{"id":5,"name":"g"}}],"brands":[{{"id":6}}],"count":1}}"#
    );
    let rating = r#"{"id":3,"ticket_id":35,"assignee_id":77,"requester_id":900,"score":"good","created_at":"2026-03-02T16:00:00Z"}"#;
    let inputs = [("page.json", page.as_str()), ("ratings.json", rating)];
    let (r, events) = read_all(&inputs, Format::Zendesk);
    assert_eq!((r.quarantined, r.conversations), (0, 1), "{:?}", r.quarantine);
    assert_eq!(
        shape(&events),
        [
            (Message, Customer, "Hi"),
            (Status, System, "open"),
            (Priority, System, "high"),
            (Message, Agent, "Hello [name]"),
            (Status, System, "resolved"),
            (Rating, Customer, "good"),
        ]
    );
    let shown = format!(r#"{{"ticket":{}}}"#, ticket.replace('\n', ""));
    let (r, _) = read("t.jsonl", &format!("{shown}\n"), Format::Zendesk);
    assert_eq!((r.read, r.kept), (3, 3));
}

#[test]
fn zoho_desk_backup_without_its_second_header() {
    let text = "Thread Id,Ticket Id,Created Time,Thread Status\n1,2,2026-03-02 14:30:00,EMAIL INCOMING\n";
    let input = Input::memory("Threads__1.csv", text.as_bytes());
    let error = import(&[input], &Options::default(), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("second header row"), "{error}");
    let text = "Thread Id,Ticket Id,Created Time,Thread Status\nid,ticketId,createdTime,threadStatus\n\
                1,2,2026-03-02 14:30:00,EMAIL INCOMING\n3,2,2026-03-02 14:31:00,EMAIL DRAFT\n";
    let (r, _) = read("Threads__1.csv", text, Format::ZohoDeskCsv);
    assert_eq!((r.kept, r.notices, r.quarantined), (1, 3, 0));
}

#[test]
fn happyfox_lists_without_updates() {
    let text = r##"{"page_info":{"count":1},"data":[{"id":3,"display_id":"#3","subject":"s","first_message":"Hi","messages_count":2,"category":{"name":"Sales"},
      "status":{"name":"Fertig","behavior":"completed"},"user":{"id":9},"created_at":"2026-03-02 14:30:00","last_staff_reply_at":"2026-03-02 14:40:00","last_updated_at":"2026-03-02 15:00:00"}]}"##;
    let (_, events) = read("h.json", text, Format::Happyfox);
    let found = shape(&events);
    assert!(
        found.contains(&(Message, Agent, "")) && found.contains(&(Status, System, "resolved")),
        "{found:?}"
    );
}

/// A survey is answered by a change of its message; a conversation may begin with its `meta`.
#[test]
fn chatwoot_surveys_and_single_conversations() {
    let said = |event: &str, rest: &str| {
        format!(
            r#"{{"event":"{event}","id":9,"message_type":"template","content":"How was it?","created_at":1772461800,"conversation":{{"id":12}},"conversation_id":12{rest}}}"#
        )
    };
    let answer = r#","updated_at":1772461900,"content_attributes":{"submitted_values":{"csat_survey_response":{"rating":4}}}"#;
    let contact = r#"{"event":"contact_created","id":4,"name":"Ana","created_at":1772461800,"conversation_id":null,"message_type":null}"#;
    let text = [
        said("message_created", ""),
        said("message_updated", answer),
        said("message_updated", answer),
        contact.into(),
    ];
    let (r, events) = read("c.jsonl", &text.join("\n"), Format::Chatwoot);
    assert_eq!((r.read, r.kept, r.duplicates, r.notices), (4, 2, 1, 1));
    assert_eq!(shape(&events).last(), Some(&(Rating, Customer, "4")));
    let single = r#"{"meta":{"sender":{"id":4}},"id":12,"inbox_id":1,"can_reply":true,"status":"open","created_at":1772461800,
      "messages":[{"id":1,"content":"Hi","message_type":0,"created_at":1772461800,"conversation_id":12}]}"#;
    let (r, events) = read("one.json", single, Format::Chatwoot);
    assert_eq!((r.read, r.kept, r.conversations), (2, 2, 1));
    assert!(shape(&events).contains(&(Status, System, "open")));
}
