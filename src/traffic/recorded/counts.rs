//! Real files, each with the counts that whoever prepared it found by other means.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::traffic::log::{Event, Kind, Precision, Role};

use super::chat::DateOrder;
use super::*;

fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn read_with(relative: &str, options: &Options) -> (ImportReport, Vec<Event>) {
    let inputs = input::gather(&[path(relative)], &options.limits, &mut Vec::new()).unwrap();
    let mut events = Vec::new();
    let report = import(&inputs, options, &mut |e| events.push(e.clone())).unwrap();
    assert!(report.balanced());
    assert!(events.windows(2).all(|w| w[0].at <= w[1].at), "the log is in the order of time");
    (report, events)
}

fn read_file(relative: &str) -> (ImportReport, Vec<Event>) {
    read_with(relative, &Options::default())
}

fn utc(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

fn hours(events: &[Event]) -> [u32; 24] {
    let mut hours = [0; 24];
    for e in events.iter().filter(|e| e.kind == Kind::Message) {
        hours[(e.at.ms().rem_euclid(86_400_000) / 3_600_000) as usize] += 1;
    }
    hours
}

/// Monday first; 1970-01-01 was a Thursday.
fn weekdays(events: &[Event]) -> [u32; 7] {
    let mut days = [0; 7];
    for e in events.iter().filter(|e| e.kind == Kind::Message) {
        days[((e.at.ms().div_euclid(86_400_000) + 3).rem_euclid(7)) as usize] += 1;
    }
    days
}

#[test]
fn a_masked_group_export() {
    let (r, events) = read_file("tests/data/export_masked/android_en_in_group_masked.txt");
    assert_eq!(r.lines, 10_995);
    assert_eq!((r.read, r.kept, r.notices), (5_500, 5_266, 234));
    assert_eq!((r.duplicates, r.quarantined), (0, 0));
    assert_eq!(r.authors, 107);
    assert_eq!(r.continuation_lines, 5_495);
    assert_eq!(r.out_of_order, 23);
    assert_eq!(r.count("media_omitted"), 294);
    assert_eq!(r.count("deleted"), 186 + 8);
    assert_eq!(r.count("attached"), 4);
    assert!(r.notes.iter().any(|n| n.contains("dates are dmy, certain")), "{:?}", r.notes);
    let expected = [
        176, 152, 47, 25, 9, 5, 1, 10, 28, 94, 143, 147, 271, 184, 191, 216, 188, 355, 279, 477, 487, 506,
        767, 508,
    ];
    assert_eq!(hours(&events), expected);
    assert_eq!(weekdays(&events), [426, 684, 530, 877, 696, 1046, 1007]);
    assert!(events.iter().all(|e| e.precision == Precision::Minute));
    assert_eq!(events.last().map(|e| e.at.ms()), Some(utc("2020-04-30T00:00:00Z")));
    let multi = events.iter().filter(|e| e.text.as_ref().is_some_and(|t| t.contains('\n'))).count();
    // Of the 606 multi-line entries of the file some end in blank lines only, or are notices.
    assert!((560..=606).contains(&multi), "{multi}");
}

#[test]
fn the_zone_moves_all_instants() {
    let zone = TimeZone::get("Asia/Kolkata").unwrap();
    let options = Options { zone: Some(zone), ..Options::default() };
    let (_, events) = read_with("tests/data/export_masked/android_en_in_group_masked.txt", &options);
    assert_eq!(events.last().map(|e| e.at.ms()), Some(utc("2020-04-29T18:30:00Z")));
}

#[test]
fn an_ios_export() {
    let (r, events) = read_file("tests/data/export_samples/ios_dmy_24h_anonymised.txt");
    assert_eq!((r.read, r.kept, r.authors), (26, 26, 9));
    assert_eq!(
        r.span.map(|(a, b)| (a.ms(), b.ms())),
        Some((utc("2015-05-19T23:15:22Z"), utc("2015-08-06T18:12:35Z")))
    );
    assert_eq!(events.iter().filter(|e| e.media.as_deref() == Some("image")).count(), 8);
    assert_eq!(r.count("media_omitted"), 8);
}

#[test]
fn three_shapes_of_one_chat() {
    for (file, order) in [
        ("chatminer_ddmmyy_24h.txt", "dmy"),
        ("chatminer_mmddyyyy_12h.txt", "mdy"),
        ("chatminer_bracket_mmddyy_24h.txt", "mdy"),
    ] {
        let (r, events) = read_file(&format!("tests/data/export_samples/{file}"));
        assert_eq!((r.read, r.kept, r.notices), (9, 7, 2), "{file}");
        assert_eq!(r.continuation_lines, 2, "{file}");
        assert!(r.notes.iter().any(|n| n.contains(&format!("dates are {order}, certain"))), "{:?}", r.notes);
        assert_eq!(events[0].at.ms(), utc("2019-01-01T11:25:00Z"), "{file}");
        assert_eq!(events[6].at.ms(), utc("2021-12-30T22:01:00Z"), "{file}");
        let texts: Vec<&str> = events.iter().filter_map(|e| e.text.as_deref()).collect();
        assert_eq!(texts[1], ".");
        assert!(texts[2].contains(",\nconsectetur"), "line breaks stay");
        assert!(texts[3].contains("ipsum : dolor"));
    }
    let told = Options { date_order: DateOrder::from_name("mdy"), ..Options::default() };
    let (r, _) = read_with("tests/data/export_samples/chatminer_ddmmyy_24h.txt", &told);
    assert!(r.quarantined > 0, "told wrongly, impossible dates are refused, not guessed");
}

#[test]
fn webhook_bodies() {
    for (file, found, read) in [
        ("message.json", &[("message", 23), ("status", 0)][..], 23),
        ("message_status.json", &[("status", 7), ("message", 0)], 7),
        ("callback_button.json", &[("message", 3)], 3),
        ("outgoing_message.json", &[("echo", 3)], 3),
        ("user_marketing_preferences.json", &[("preference", 2)], 2),
        ("account_update.json", &[("field_account_update", 17)], 17),
    ] {
        let (r, _) = read_file(&format!("data/recorded/webhooks_pywa/{file}"));
        assert_eq!(r.files[0].format, "whatsapp_webhooks", "{file}");
        assert_eq!((r.read, r.quarantined), (read, 0), "{file}: {:?}", r.quarantine);
        for (what, n) in found {
            assert_eq!(r.count(what), *n, "{file}: {what}");
        }
    }
    let (r, events) = read_file("data/recorded/webhooks_pywa/message.json");
    assert_eq!((r.kept, r.duplicates), (23, 0), "ids are replaced upstream: the same id, other messages");
    assert_eq!(r.count("reaction"), 3);
    assert_eq!(r.messages, 20, "reactions are no turns");
    assert!(events.iter().all(|e| e.from == Role::Customer));
    let (r, _) = read_file("data/recorded/webhooks_pywa/message_status.json");
    assert_eq!((r.kept, r.duplicates), (6, 1), "`sent` of one message twice");
    let (r, _) = read_file("data/recorded/webhooks_pywa");
    assert_eq!(r.read, 23 + 7 + 3 + 3 + 2 + 17);
}

#[test]
fn customer_care_on_twitter() {
    let (r, events) = read_file("data/recorded/twitter_care.csv");
    assert_eq!((r.messages, r.conversations), (1_211, 525));
    assert_eq!((r.kept, r.notices), (1_211, 1));
    let mut first: std::collections::BTreeMap<&str, (i64, Option<i64>)> = Default::default();
    let mut begins = Vec::new();
    for e in &events {
        match first.get_mut(e.conversation.as_str()) {
            None => {
                assert_eq!(e.from, Role::Customer, "all begun by the client");
                begins.push(e.clone());
                first.insert(&e.conversation, (e.at.ms(), None));
            }
            Some((_, reply @ None)) if e.from == Role::Agent => *reply = Some(e.at.ms()),
            Some(_) => {}
        }
    }
    let mut waits: Vec<i64> = first.values().map(|(a, b)| (b.unwrap() - a) / 1_000).collect();
    waits.sort_unstable();
    let quantile = |p: f64| waits[(p * waits.len() as f64) as usize];
    let quantiles = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99].map(quantile);
    assert_eq!(quantiles, [169, 576, 6_128, 50_711, 258_224, 662_523, 1_971_571]);
    assert_eq!(
        hours(&begins),
        [35, 23, 20, 17, 8, 12, 11, 6, 8, 11, 10, 15, 13, 15, 22, 34, 35, 41, 25, 40, 33, 32, 24, 35]
    );
    assert_eq!(weekdays(&begins), [81, 80, 93, 82, 70, 58, 61]);
    assert_eq!(begins.first().map(|e| e.at.ms()), Some(utc("2018-05-02T16:14:43Z")));
    assert_eq!(begins.last().map(|e| e.at.ms()), Some(utc("2020-04-02T20:29:57Z")));
}

#[test]
fn played_dialogues() {
    let (r, _) = read_file("tests/data/abcd_sample/abcd_sample.json");
    assert_eq!((r.read, r.conversations), (72, 3));
    assert_eq!((r.roles["agent"], r.roles["customer"]), (32, 31));
    assert_eq!(r.messages, 63, "9 actions are notes");
}

/// Generated by `examples/look_alike.rs`; counted by other means than the reader.
#[test]
fn look_alikes() {
    let (r, events) = read_file("data/recorded/incidents.csv");
    assert_eq!((r.read, r.conversations, r.messages, r.quarantined), (859, 160, 160, 0));
    let tags = |value: &str| events.iter().filter(|e| e.value.as_deref() == Some(value)).count();
    assert_eq!((tags("made_sla"), tags("missed_sla")), (121, 39));
    let first_priority = |word: &str| {
        events.iter().filter(|e| e.kind == Kind::Priority && e.value.as_deref() == Some(word)).count()
    };
    assert_eq!(["medium", "low", "urgent", "high"].map(first_priority), [96, 29, 19, 16]);
    let (r, events) = read_file("data/recorded/webhooks.jsonl");
    assert_eq!((r.read, r.kept, r.duplicates, r.quarantined), (442 + 931, 442 + 931 - 40, 40, 0));
    assert_eq!(r.late, 0, "what comes again comes with its own time");
    let customers = events.iter().filter(|e| e.kind == Kind::Message && e.from == Role::Customer).count();
    assert_eq!((customers, r.messages), (442, 442 + 297));
    assert_eq!(r.authors, 120);
}

/// The real incident log is not ours to ship: its path may be given in `HELPSIM_INCIDENT_LOG`.
#[test]
fn real_incidents() {
    let Some(real) = std::env::var_os("HELPSIM_INCIDENT_LOG") else { return };
    let inputs = input::gather(&[PathBuf::from(real)], &Limits::default(), &mut Vec::new()).unwrap();
    let mut events = Vec::new();
    let r = import(&inputs, &Options::default(), &mut |e| events.push(e.clone())).unwrap();
    assert_eq!((r.read, r.conversations, r.messages), (2_990, 445, 445));
    let tags = |value: &str| events.iter().filter(|e| e.value.as_deref() == Some(value)).count();
    assert_eq!((tags("made_sla"), tags("missed_sla")), (293, 152));
    let opened: std::collections::BTreeMap<&str, i64> = events
        .iter()
        .filter(|e| e.kind == Kind::Message)
        .map(|e| (e.conversation.as_str(), e.at.ms()))
        .collect();
    let opened_hours: Vec<Event> = events.iter().filter(|e| e.kind == Kind::Message).cloned().collect();
    assert_eq!(
        hours(&opened_hours),
        [0, 6, 2, 1, 1, 1, 4, 7, 41, 68, 53, 44, 46, 34, 50, 53, 16, 8, 2, 1, 1, 3, 1, 2]
    );
    // `resolved_at` is believed on the last row only, which is also the one that tells of the SLA.
    let last_rows: std::collections::BTreeSet<&str> = events
        .iter()
        .filter(|e| e.value.as_deref().is_some_and(|v| v.ends_with("_sla")))
        .map(|e| e.origin.as_str())
        .collect();
    let mut resolved: std::collections::BTreeMap<&str, i64> = Default::default();
    for e in events.iter().filter(|e| e.kind == Kind::Status && e.value.as_deref() == Some("resolved")) {
        if last_rows.contains(e.origin.as_str()) {
            resolved.insert(&e.conversation, e.at.ms());
        }
    }
    let mut durations: Vec<i64> = resolved.iter().map(|(c, at)| at - opened[c]).collect();
    durations.sort_unstable();
    assert_eq!(durations.len(), 429);
    assert_eq!(durations[durations.len() / 2] as f64 / 3_600_000.0, 52.25);
}

#[test]
fn a_zoho_desk_backup() {
    let (r, events) = read_file("data/recorded/zoho_desk_sample");
    assert_eq!(r.quarantined, 0, "{:?}", r.quarantine);
    assert_eq!(r.count("ticket"), 50);
    let states = ["closed", "open", "on_hold", "escalated", ""].map(|s| r.count(&format!("status_{s}")));
    assert_eq!(states, [20, 15, 5, 5, 5]);
    let channels = ["email", "phone", "web", "chat"].map(|c| r.count(&format!("channel_{c}")));
    assert_eq!(channels, [25, 11, 9, 5]);
    assert_eq!((r.count("thread_email_incoming"), r.count("thread_email_outgoing")), (36, 29));
    assert_eq!(r.count("comment"), 15);
    assert_eq!(events.iter().filter(|e| e.kind == Kind::Note).count(), 15);
    assert_eq!(r.conversations, 50);
    // Rows: tickets, threads, comments, and as notices agents, departments and two header rows a file.
    assert_eq!((r.kept, r.notices), (50 + 65 + 15, 5 + 3 + 10));
    let closed =
        events.iter().filter(|e| e.kind == Kind::Status && e.value.as_deref() == Some("closed")).count();
    assert_eq!(closed, 20);
    let mut begun: std::collections::BTreeMap<&str, i64> = Default::default();
    let mut first_reply: std::collections::BTreeMap<&str, i64> = Default::default();
    for e in events.iter().filter(|e| e.kind == Kind::Message) {
        let of = if e.from == Role::Agent { &mut first_reply } else { &mut begun };
        of.entry(&e.conversation).or_insert(e.at.ms());
    }
    assert_eq!((begun.len(), first_reply.len()), (50, 50));
    assert_eq!(begun.values().min().copied(), Some(utc("2024-01-08T09:15:00Z")));
    assert_eq!(begun.values().max().copied(), Some(utc("2024-06-10T11:00:00Z")));
    let mut minutes: Vec<i64> = first_reply.iter().map(|(c, at)| (at - begun[c]) / 60_000).collect();
    minutes.sort_unstable();
    assert_eq!((minutes[24] + minutes[25]) / 2, 60);
}

#[test]
fn irc_support_channels() {
    for (name, senders, span, links, starts, continued) in [
        ("stripe.0", 104, ("2019-09-04T22:44:46Z", "2019-09-05T15:12:01Z"), 200, 21, 28),
        ("stripe.1", 110, ("2019-10-05T00:10:52Z", "2019-10-07T18:22:13Z"), 201, 26, 18),
    ] {
        let log = path(&format!("tests/data/irc_support/{name}.ascii.txt"));
        let alone = import_paths(std::slice::from_ref(&log));
        assert_eq!((alone.0.read, alone.0.kept, alone.0.quarantined), (1_200, 1_200, 0), "{name}");
        assert_eq!((alone.0.authors, alone.0.count("continued_line")), (senders, continued), "{name}");
        assert_eq!(alone.0.span.map(|(a, b)| (a.ms(), b.ms())), Some((utc(span.0), utc(span.1))), "{name}");
        assert!(alone.1.iter().all(|e| e.precision == Precision::Second));
        assert!(alone.0.roles["agent"] > 100 && alone.0.conversations > 50, "{name}: {:?}", alone.0.roles);
        let annotation = path(&format!("tests/data/irc_support/{name}.annotation.txt"));
        let (report, events) = import_paths(&[log, annotation.clone()]);
        assert_eq!(report.count("conversation_start"), starts, "{name}");
        assert_eq!(report.count("conversation_start") + report.count("reply_link"), links, "{name}");
        // Gaps between linked lines of different people, by the lines that the log itself names.
        let by_line: std::collections::BTreeMap<u64, &Event> = events
            .iter()
            .map(|e| (e.origin.rsplit(':').next().unwrap().parse::<u64>().unwrap() - 1, e))
            .collect();
        let links = std::fs::read_to_string(annotation).unwrap();
        let links: Vec<(u64, u64)> = links
            .lines()
            .map(|l| l.split(' ').map(|n| n.parse().unwrap_or(0)).collect::<Vec<u64>>())
            .map(|l| (l[0], l[1]))
            .collect();
        for (a, b) in &links {
            if let (Some(a), Some(b)) = (by_line.get(a), by_line.get(b)) {
                assert_eq!(a.conversation, b.conversation, "linked lines are of one conversation");
            }
        }
        let answered: std::collections::BTreeSet<u64> = links
            .iter()
            .filter(|(a, b)| links.contains(&(*a, *a)) && a != b)
            .filter(|(a, b)| by_line.get(a).zip(by_line.get(b)).is_some_and(|(a, b)| a.actor != b.actor))
            .map(|(a, _)| *a)
            .collect();
        assert_eq!(answered.len(), if name == "stripe.0" { 12 } else { 20 }, "{name}");
    }
    let (report, events) = import_paths(&[path("tests/data/irc_support/ubuntu.2016-12-19_20.ascii.txt")]);
    assert_eq!((report.read, report.kept, report.notices), (1_250, 1_181 + 5, 64));
    assert!(events.iter().all(|e| e.precision == Precision::Minute));
    let span = report.span.map(|(a, b)| (a.ms(), b.ms()));
    assert_eq!(span, Some((utc("2016-12-19T04:14:00Z"), utc("2016-12-19T21:59:00Z"))));
}

fn import_paths(paths: &[PathBuf]) -> (ImportReport, Vec<Event>) {
    let inputs = input::gather(paths, &Limits::default(), &mut Vec::new()).unwrap();
    let mut events = Vec::new();
    let report = import(&inputs, &Options::default(), &mut |e| events.push(e.clone())).unwrap();
    (report, events)
}
