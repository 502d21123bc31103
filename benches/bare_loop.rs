//! The yardstick: what a queue of impatient customers costs when nothing but the queue is simulated.
//!
//! A hand-written loop for M/M/10+M (a binary heap of packed keys, a ring of those who wait, nothing
//! else), and beside it `scenarios/erlang_a.toml`, the same model: the engine alone, with everything a
//! run measures, and with its tables written to Parquet. Then a shop whose bot is drawn, not read, for
//! longer and longer: messages a CPU second, and the memory it took.
//!
//! `cargo bench --bench bare_loop` (without Parquet: `--no-default-features`).

use helpsim::engine::{Compiled, RunOptions, Silent, run};
use helpsim::facts::{Chunk, QueueEnd, Sink};
use helpsim::measure::{Measures, State};
use helpsim::scenario::plan::Plan;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const CUSTOMERS: u64 = 1_000_000;
const MINUTE: f64 = 60_000.0;
const ARRIVALS_PER_MINUTE: f64 = 9.5;
const PATIENCE_MINUTES: f64 = 5.0;
const AGENTS: u32 = 10;

fn main() {
    // `cargo test` runs benches, too, with this argument: a little is enough to see that it works.
    let try_only = std::env::args().any(|a| a == "--test");
    let customers = if try_only { CUSTOMERS / 1_000 } else { CUSTOMERS };
    println!("                      customers  CPU s   times  P(wait)  mean wait  P(leaves)");
    println!("exact                                           0.6285   0.2974     0.0595");
    let textbook = plan("erlang_a.toml", "no such line", if try_only { "2h" } else { "73d 2h 23m 9s" });
    let whats = [What::Engine, What::Measures, What::Conversations, What::Tables];
    let whats: Vec<What> = whats.into_iter().filter(|what| what.can_be()).collect();
    // By turns, so that a machine that is slow for a while is slow for all; of each the fastest, since the
    // others were disturbed.
    let mut yardstick = f64::INFINITY;
    let mut best = vec![f64::INFINITY; whats.len()];
    for _ in 0..if try_only { 1 } else { 10 } {
        yardstick = yardstick.min(cpu_seconds(|| bare_loop(customers)));
        for (best, what) in best.iter_mut().zip(&whats) {
            *best = best.min(simulate(&textbook, *what));
        }
    }
    print("bare loop", &bare_loop(customers), yardstick, yardstick);
    let queue = seen(&textbook);
    for (best, what) in best.iter().zip(&whats) {
        print(what.name(), &queue, *best, yardstick);
    }
    println!("\nconversations    messages  CPU s  messages/s  ns/conversation  peak MB");
    for days in if try_only { &[1][..] } else { &[7, 70, 700, 3_500] } {
        let shop = plan("ecommerce.toml", "flow = ", &format!("{days}d"));
        let (seconds, peak) = (simulate(&shop, What::Measures), peak_mb());
        let seen = seen(&shop);
        println!(
            "{:>13} {:>11} {seconds:>6.2} {:>11.0} {:>16.0} {peak:>8}",
            seen.conversations,
            seen.messages,
            seen.messages as f64 / seconds,
            seconds * 1e9 / seen.conversations as f64,
        );
    }
}

/// A scenario's plan, one replication of `duration`; a line of the file that begins with `bot_line`
/// makes way for the statistical bot.
fn plan(scenario: &str, bot_line: &str, duration: &str) -> Plan {
    let path = Path::new("scenarios").join(scenario);
    let text = std::fs::read_to_string(&path).expect("the scenario is there");
    let lines = text.lines().map(|l| if l.starts_with(bot_line) { "kind = \"statistical\"" } else { l });
    let text = lines.collect::<Vec<_>>().join("\n");
    let overrides = [("scenario.duration".to_owned(), format!("\"{duration}\""))];
    match helpsim::scenario::parse(&text, scenario, Path::new("scenarios"), &overrides) {
        Ok(loaded) => loaded.plan,
        Err(faults) => panic!("{faults:?}"),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Engine,
    Measures,
    /// With the table of conversations.
    Conversations,
    /// With all tables.
    Tables,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            What::Engine => "engine",
            What::Measures => "with measures",
            What::Conversations => "+ conversations",
            What::Tables => "+ all tables",
        }
    }

    /// False if the program was built without tables and they are asked for.
    fn can_be(self) -> bool {
        cfg!(feature = "frames") || matches!(self, What::Engine | What::Measures)
    }
}

/// CPU seconds of one replication.
fn simulate(plan: &Plan, what: What) -> f64 {
    let plan = Arc::new(plan.clone());
    let measures = Measures::new(&plan).expect("the measures are known");
    let compiled = Compiled::new(plan.clone()).expect("the scenario compiles");
    let mut takes = Takes { state: None, tables: None };
    if what != What::Engine {
        takes.state = Some(measures.begin());
    }
    if matches!(what, What::Conversations | What::Tables) {
        takes.tables = tables(&plan, what == What::Tables);
    }
    cpu_seconds(|| {
        let totals = run(&compiled, RunOptions::default(), &mut takes, &mut Silent).expect("rows are taken");
        if let Some(state) = takes.state.take() {
            std::hint::black_box(state.finish(&totals));
        }
        if let Some(tables) = takes.tables.take() {
            tables.finish().expect("the tables can be written");
        }
    })
}

/// What a replication is made of, counted apart so that the counting costs the timed ones nothing.
fn seen(plan: &Plan) -> Seen {
    let compiled = Compiled::new(Arc::new(plan.clone())).expect("the scenario compiles");
    let mut seen = Seen::default();
    run(&compiled, RunOptions::default(), &mut seen, &mut Silent).expect("rows are taken");
    seen
}

#[cfg(feature = "frames")]
mod written {
    use super::{Arc, Plan};
    use helpsim::facts::parquet::Which;
    pub type Tables = helpsim::facts::parquet::ParquetSink;

    pub fn tables(plan: &Arc<Plan>, all: bool) -> Option<Tables> {
        let folder = std::env::temp_dir().join("helpsim-bench");
        std::fs::create_dir_all(&folder).ok()?;
        Tables::create(&folder, plan, if all { Which::All } else { Which::Conversations }).ok()
    }
}
#[cfg(not(feature = "frames"))]
mod written {
    use super::{Arc, Chunk, Plan, Sink};
    pub struct Tables;

    impl Tables {
        pub fn finish(self) -> std::io::Result<()> {
            Ok(())
        }
    }
    impl Sink for Tables {
        fn chunk(&mut self, _: &Chunk) -> std::io::Result<()> {
            Ok(())
        }
    }
    pub fn tables(_: &Arc<Plan>, _: bool) -> Option<Tables> {
        None
    }
}
use written::tables;

/// Most memory held so far, where the system tells it.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kb| kb / 1_024)
}

/// What is counted.
#[derive(Default)]
struct Seen {
    customers: u64,
    waited: u64,
    wait_ms: i64,
    left: u64,
    conversations: u64,
    messages: u64,
}

/// Takes the rows as a run does.
struct Takes<'m> {
    state: Option<State<'m>>,
    tables: Option<written::Tables>,
}

fn print(name: &str, seen: &Seen, seconds: f64, yardstick: f64) {
    let n = seen.customers as f64;
    println!(
        "{name:<20} {:>10} {seconds:>6.3} {:>7.2} {:>8.4} {:>8.4} {:>10.4}",
        seen.customers,
        seconds / yardstick,
        seen.waited as f64 / n,
        seen.wait_ms as f64 / n / MINUTE,
        seen.left as f64 / n,
    );
}

/// CPU time of this thread for a piece of work, where the system tells it, else time passed.
fn cpu_seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let cpu = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    let (before, clock) = (cpu(), Instant::now());
    std::hint::black_box(work());
    match (before, cpu()) {
        (Some(before), Some(after)) => (after - before) / 1e9,
        _ => clock.elapsed().as_secs_f64(),
    }
}

const ARRIVAL: u32 = 0;
const DEPARTURE: u32 = 1;
const PATIENCE: u32 = 2;

/// The event list: (time, number, kind and customer) packed into one integer.
#[derive(Default)]
struct Events {
    heap: BinaryHeap<Reverse<u128>>,
    number: u32,
}

impl Events {
    fn push(&mut self, at: i64, kind: u32, slot: u32) -> u32 {
        self.number = self.number.wrapping_add(1);
        let low = u64::from(self.number) << 32 | u64::from(kind << 30 | slot);
        self.heap.push(Reverse((at as u128) << 64 | u128::from(low)));
        self.number
    }

    /// (time, number, kind, customer).
    fn pop(&mut self) -> Option<(i64, u32, u32, u32)> {
        let Reverse(key) = self.heap.pop()?;
        let low = key as u64;
        Some(((key >> 64) as i64, (low >> 32) as u32, low as u32 >> 30, low as u32 & 0x3fff_ffff))
    }
}

/// xoshiro256++ (Blackman and Vigna), seeded by hand.
struct Random([u64; 4]);

impl Random {
    fn next(&mut self) -> u64 {
        let s = &mut self.0;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    fn exponential_ms(&mut self, mean_minutes: f64) -> i64 {
        let u = ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        (-libm::log(u) * mean_minutes * MINUTE + 0.5) as i64
    }
}

fn bare_loop(customers: u64) -> Seen {
    let mut seen = Seen::default();
    let mut events = Events::default();
    let mut random = Random([0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 1]);
    let mut free = AGENTS;
    // Who waits: his number of the patience event, 0 if he is gone; and since when.
    let mut waiting: Vec<(u32, i64)> = Vec::new();
    let mut unused: Vec<u32> = Vec::new();
    let mut line: VecDeque<(u32, u32)> = VecDeque::new();
    events.push(0, ARRIVAL, 0);
    while let Some((now, number, kind, slot)) = events.pop() {
        match kind {
            ARRIVAL => {
                seen.customers += 1;
                if seen.customers < customers {
                    events.push(now + random.exponential_ms(1.0 / ARRIVALS_PER_MINUTE), ARRIVAL, 0);
                }
                if free > 0 {
                    free -= 1;
                    events.push(now + random.exponential_ms(1.0), DEPARTURE, 0);
                } else {
                    let slot = unused.pop().unwrap_or_else(|| {
                        waiting.push((0, 0));
                        waiting.len() as u32 - 1
                    });
                    let stamp = events.push(now + random.exponential_ms(PATIENCE_MINUTES), PATIENCE, slot);
                    waiting[slot as usize] = (stamp, now);
                    line.push_back((slot, stamp));
                }
            }
            DEPARTURE => {
                let next = loop {
                    match line.pop_front() {
                        Some((slot, stamp)) if waiting[slot as usize].0 == stamp => break Some(slot),
                        Some(_) => {}
                        None => break None,
                    }
                };
                match next {
                    Some(slot) => {
                        seen.leaves_line(&mut waiting[slot as usize], now);
                        unused.push(slot);
                        events.push(now + random.exponential_ms(1.0), DEPARTURE, 0);
                    }
                    None => free += 1,
                }
            }
            _ if waiting[slot as usize].0 == number => {
                seen.leaves_line(&mut waiting[slot as usize], now);
                seen.left += 1;
                unused.push(slot);
            }
            // Served before his patience was over.
            _ => {}
        }
    }
    seen
}

impl Seen {
    fn leaves_line(&mut self, waiting: &mut (u32, i64), now: i64) {
        let wait = now - waiting.1;
        self.wait_ms += wait;
        self.waited += u64::from(wait > 0);
        waiting.0 = 0;
    }
}

impl Sink for Seen {
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        let seen = self;
        for stay in &chunk.queue_stays {
            seen.customers += 1;
            seen.wait_ms += stay.left_at - stay.entered_at;
            seen.waited += u64::from(stay.left_at > stay.entered_at);
            seen.left += u64::from(stay.end == QueueEnd::Abandoned as u8);
        }
        for row in &chunk.conversations {
            seen.conversations += 1;
            seen.messages += u64::from(row.customer_messages)
                + u64::from(row.bot_messages)
                + u64::from(row.agent_messages);
        }
        Ok(())
    }
}

impl Sink for Takes<'_> {
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        if let Some(state) = &mut self.state {
            state.update(chunk);
        }
        match &mut self.tables {
            Some(tables) => tables.chunk(chunk),
            None => Ok(()),
        }
    }
}
