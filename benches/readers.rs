//! Reading speed on one core, beside two yardsticks: the same bytes cut into lines, and, for JSON,
//! parsed into generic values.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use helpsim::traffic::recorded::{DateOrder, Format, Input, KeepText, Options, import};
use std::fmt::Write;
use std::hint::black_box;

const BYTES: usize = 16 << 20;

/// Conversations of 500 customers, one body per line: messages and the states of the answers.
fn webhooks() -> String {
    let mut out = String::with_capacity(BYTES + 4096);
    let mut n = 0_u64;
    while out.len() < BYTES {
        let (person, at) = (5_511_990_000_000 + n % 500, 1_772_458_200 + n * 7);
        let value = if n.is_multiple_of(3) {
            format!(
                r#""contacts":[{{"profile":{{"name":"Person {}"}},"wa_id":"{person}"}}],"messages":[{{"from":"{person}","id":"wamid.HBgNNTUxMTk5OTk5MDAwMBUCABIYFDNB{n}","timestamp":"{at}","type":"text","text":{{"body":"Hello, where is my order? It should have come on Tuesday, and nobody told me anything."}}}}]"#,
                n % 500
            )
        } else {
            let state = ["sent", "delivered"][n as usize % 2];
            format!(
                r#""statuses":[{{"id":"wamid.HBgNNTUxMTk5OTk5MDAwMBUCABEYEjRC{}","status":"{state}","timestamp":"{at}","recipient_id":"{person}","conversation":{{"id":"7270432eae37498234f4444b35ffc5","origin":{{"type":"service"}}}},"pricing":{{"billable":false,"pricing_model":"PMP","type":"free_customer_service","category":"service"}}}}]"#,
                n / 2
            )
        };
        let _infallible = writeln!(
            out,
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"100","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550001111","phone_number_id":"200"}},{value}}}}}]}}]}}"#
        );
        n += 1;
    }
    out
}

/// One endless chat of two.
fn chat() -> String {
    let mut out = String::with_capacity(BYTES + 4096);
    let mut minute = 0_u64;
    while out.len() < BYTES {
        let (day, hour) = (minute / 1_440, minute / 60 % 24);
        let (author, text) = match minute % 4 {
            0 => ("Ana", "Hello, where is my order? It should have come on Tuesday"),
            1 => ("Ana", "<Media omitted>"),
            2 => (
                "Shop",
                "Good morning! One moment please, I am looking it up for you.\nIt left our house on Monday.",
            ),
            _ => ("Ana", "thanks, that is very kind of you"),
        };
        let (day_of_month, month, year) = (day % 28 + 1, day / 28 % 12 + 1, 2018 + day / 336);
        let _infallible = writeln!(
            out,
            "{day_of_month:02}/{month:02}/{year}, {hour:02}:{:02} - {author}: {text}",
            minute % 60
        );
        minute += 3;
    }
    out
}

fn read(input: &Input, options: &Options) -> u64 {
    let mut events = 0;
    let report = import(std::slice::from_ref(input), options, &mut |event| {
        black_box(event);
        events += 1;
    });
    assert!(report.is_ok_and(|r| r.quarantined == 0));
    events
}

fn lines(text: &str) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes()).count()
}

fn readers(c: &mut Criterion) {
    for (name, format, text) in
        [("webhooks", Format::WhatsappWebhooks, webhooks()), ("chat", Format::WhatsappExport, chat())]
    {
        let mut group = c.benchmark_group(name);
        group.sample_size(10).throughput(Throughput::Bytes(text.len() as u64));
        let input = Input::memory("bench", text.clone().into_bytes());
        group.bench_function("lines", |b| b.iter(|| lines(black_box(&text))));
        if format == Format::WhatsappWebhooks {
            group.bench_function("serde_json values", |b| {
                b.iter(|| {
                    text.lines()
                        .filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok())
                        .map(black_box)
                        .count()
                })
            });
        }
        for (what, keep_text) in
            [("no text", KeepText::None), ("full text", KeepText::Full), ("redacted", KeepText::Redacted)]
        {
            let date_order = DateOrder::from_name("dmy");
            let options = Options { format: Some(format), keep_text, date_order, ..Options::default() };
            group.bench_function(what, |b| b.iter(|| read(&input, &options)));
        }
        group.finish();
    }
}

criterion_group!(benches, readers);
criterion_main!(benches);
