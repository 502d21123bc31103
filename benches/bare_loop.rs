//! The yardstick: what a queue of impatient customers costs when nothing but the queue is simulated.
//!
//! A hand-written loop for M/M/10+M (a binary heap of packed keys, a ring of those who wait, nothing
//! else) and the engine on `scenarios/erlang_a.toml`, the same model: CPU seconds for a million customers
//! each, and what both found, beside the exact answers. `cargo bench --no-default-features --bench
//! bare_loop`.

use helpsim::engine::{Compiled, RunOptions, Silent, run};
use helpsim::facts::{Chunk, QueueEnd, Sink};
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
    // `cargo test` runs benches, too, with this argument: a thousandth is enough to see that it works.
    let customers = if std::env::args().any(|a| a == "--test") { CUSTOMERS / 1_000 } else { CUSTOMERS };
    println!("                  customers  CPU s   per s     P(wait)  mean wait  P(leaves)");
    println!("exact                                          0.6285   0.2974     0.0595");
    let (bare, seconds) = cpu_seconds(|| bare_loop(customers));
    print("bare loop", &bare, seconds);
    if customers == CUSTOMERS {
        let (engine, seconds) = cpu_seconds(engine);
        print("engine", &engine, seconds);
    }
}

/// What both loops count.
#[derive(Default)]
struct Seen {
    customers: u64,
    waited: u64,
    wait_ms: i64,
    left: u64,
}

fn print(name: &str, seen: &Seen, seconds: f64) {
    let n = seen.customers as f64;
    println!(
        "{name:<16} {:>10} {seconds:>6.3} {:>9.0} {:>8.4} {:>8.4} {:>10.4}",
        seen.customers,
        n / seconds,
        seen.waited as f64 / n,
        seen.wait_ms as f64 / n / MINUTE,
        seen.left as f64 / n,
    );
}

/// CPU time of this thread, where the system tells it, else time passed.
fn cpu_seconds<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let cpu = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    let (before, clock) = (cpu(), Instant::now());
    let result = work();
    let seconds = match (before, cpu()) {
        (Some(before), Some(after)) => (after - before) / 1e9,
        _ => clock.elapsed().as_secs_f64(),
    };
    (result, seconds)
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
        let stays = &chunk.queue_stays;
        for ((entered, left), end) in stays.entered_at.iter().zip(&stays.left_at).zip(&stays.end) {
            self.customers += 1;
            self.wait_ms += left - entered;
            self.waited += u64::from(left > entered);
            self.left += u64::from(*end == QueueEnd::Abandoned as u8);
        }
        Ok(())
    }
}

fn engine() -> Seen {
    let loaded = helpsim::scenario::load(Path::new("scenarios/erlang_a.toml"));
    let plan = loaded.unwrap_or_else(|faults| panic!("{faults:?}")).plan;
    let compiled = Compiled::new(Arc::new(plan)).expect("the scenario compiles");
    let mut seen = Seen::default();
    run(&compiled, RunOptions::default(), &mut seen, &mut Silent).expect("the sink takes everything");
    seen
}
