//! Replay of recorded traffic: the customers' side comes as it was written, the desk is simulated.

use super::arrive::{entity, pick};
use super::conversation::Need;
use super::event_list::Kind;
use super::story::Observer;
use super::world::World;
use crate::random::{Purpose, Streams};
use crate::scenario::plan::{Plan, Recorded, Timing};
use crate::time::{Instant, Span};
use crate::traffic::recorded::ImportError;
use crate::traffic::recorded::replay::{Recording, Texts, load};
use jiff::ToSpan;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// A recorded source made ready.
#[derive(Clone, Debug)]
pub(super) struct Replay {
    recording: Arc<Recording>,
    source: Recorded,
    /// What the source filed each conversation under, if the scenario has an intent and a priority of
    /// that name.
    filed: Vec<Filed>,
    /// When each conversation begins in the run, in order: (instant, recorded conversation).
    order: Vec<(i64, u32)>,
    /// Conversations that begin before the run or after its period: they do not come.
    outside: usize,
    end: Instant,
}

/// Intent and priority that a recorded conversation was given at its time.
#[derive(Clone, Copy, Debug, Default)]
struct Filed {
    intent: Option<u16>,
    priority: Option<u8>,
}

/// Copies of one conversation (`scale` above 1) are spread over this long after the original.
const SPREAD_MS: f64 = 3_600_000.0;

impl Replay {
    /// Makes a source ready for runs that begin at `from`.
    pub fn load(plan: &Plan, source: &Recorded, from: Instant) -> Result<Replay, ImportError> {
        let recording = load(source)?;
        let first = recording.conversations.first().map_or(plan.start, |first| first.started_at);
        let shift = source.shift.unwrap_or_else(|| to_same_weekday(plan, first));
        // With a fold, the first conversation's place in the cycle is kept by all.
        let cycle_from = source.fold.map(|_| plan.start.ms());
        let mut order: Vec<(i64, u32)> = (0u32..)
            .zip(&recording.conversations)
            .map(|(script, conversation)| {
                let at = (conversation.started_at + shift).ms();
                let at = match (cycle_from, source.fold) {
                    (Some(from), Some(fold)) => from + (at - from).rem_euclid(fold.ms().max(1)),
                    _ => at,
                };
                (at, script)
            })
            .collect();
        order.retain(|(at, _)| (from.ms()..plan.end.ms()).contains(at));
        order.sort_unstable();
        let outside = recording.conversations.len() - order.len();
        let filed = filed(plan, &recording);
        let (source, end) = (source.clone(), plan.end);
        Ok(Replay { recording: Arc::new(recording), source, filed, order, outside, end })
    }

    pub fn outside(&self) -> usize {
        self.outside
    }

    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    pub fn expected(&self) -> f64 {
        self.order.len() as f64 * self.source.scale
    }

    /// What the customer of a recorded conversation needs: as it was filed, or else drawn from the
    /// source's shares, since a log seldom says.
    pub fn need(&self, streams: &Streams, source: usize, entity: u64, script: u32) -> Need {
        let mut stream = streams.stream(Purpose::Profile, entity);
        let media = self.line(script, 0).is_some_and(|line| line.media);
        let drawn = pick(&self.source.intents, stream.uniform());
        let filed = self.filed.get(script as usize).and_then(|filed| filed.intent);
        Need {
            entity,
            intent: filed.unwrap_or(drawn),
            language: 0,
            segment: 0,
            source: source as u8,
            media,
            script,
            repeat_of: u64::MAX,
            repeat: 0,
        }
    }

    /// The priority that the desk gave a recorded conversation.
    pub fn priority(&self, script: u32) -> Option<u8> {
        self.filed.get(script as usize)?.priority
    }

    fn line(&self, script: u32, n: u16) -> Option<&crate::traffic::recorded::replay::Line> {
        let conversation = self.recording.conversations.get(script as usize)?;
        (n < conversation.count)
            .then(|| self.recording.lines.get(conversation.first as usize + usize::from(n)))?
    }
}

/// Words of the record against those of the scenario, but for case, blanks and dashes.
fn filed(plan: &Plan, recording: &Recording) -> Vec<Filed> {
    let plain = |word: &str| word.to_lowercase().replace([' ', '-'], "_");
    let intents: Vec<String> = plan.intents.iter().map(|intent| plain(&intent.name)).collect();
    let priorities: Vec<String> = plan.priorities.iter().map(|name| plain(name)).collect();
    let find = |names: &[String], hint: Option<u32>| {
        let hint = plain(recording.texts.get(hint?));
        names.iter().position(|name| *name == hint)
    };
    let each = recording.conversations.iter().map(|conversation| Filed {
        intent: find(&intents, conversation.intent_hint).map(|n| n as u16),
        priority: find(&priorities, conversation.priority_hint).map(|n| n as u8),
    });
    each.collect()
}

/// Moves the first recorded conversation to the first equal weekday and time of day of the run.
fn to_same_weekday(plan: &Plan, first: Instant) -> Span {
    let civil = |at: Instant| {
        jiff::Timestamp::from_millisecond(at.ms()).ok().map(|t| t.to_zoned(plan.zone.clone()).datetime())
    };
    let (Some(recorded), Some(start)) = (civil(first), civil(plan.start)) else { return Span::ZERO };
    let days = (i64::from(recorded.weekday().to_monday_zero_offset())
        - i64::from(start.weekday().to_monday_zero_offset()))
    .rem_euclid(7);
    let mut at = start.date().to_datetime(recorded.time()).saturating_add(days.days());
    if at < start {
        at = at.saturating_add(7.days());
    }
    match at.to_zoned(plan.zone.clone()) {
        Ok(zoned) => Instant(zoned.timestamp().as_millisecond()) - first,
        Err(_) => Span::ZERO,
    }
}

/// Where the replay of a source stands in one replication.
#[derive(Clone, Debug, Default)]
pub(super) struct ReplayState {
    position: usize,
    pending: BinaryHeap<Reverse<(i64, u64, u32)>>,
    /// What the pending arrival is: (instant, number, recorded conversation).
    pub given: Option<(i64, u64, u32)>,
}

impl ReplayState {
    /// The instant of the next conversation.
    pub fn next(&mut self, replay: &Replay, streams: &Streams, source: usize) -> Option<Instant> {
        while let Some(&(at, script)) = replay.order.get(self.position) {
            if self.pending.peek().is_some_and(|Reverse((first, ..))| *first < at) {
                break;
            }
            self.position += 1;
            let mut stream = streams.stream(Purpose::Resample, entity(source, 0, u64::from(script)));
            let scale = replay.source.scale;
            let copies = scale.floor() as u64 + u64::from(stream.chance(scale.fract()));
            for copy in 0..copies {
                let at = if copy == 0 { at } else { at + (stream.uniform() * SPREAD_MS) as i64 };
                self.pending.push(Reverse((at, u64::from(script) << 16 | copy, script)));
            }
        }
        self.given = self.pending.pop().map(|Reverse(next)| next);
        self.given.map(|(at, ..)| Instant(at)).filter(|at| *at < replay.end)
    }
}

impl<O: Observer> World<'_, O> {
    #[inline]
    fn replay_of(&self, slot: u32) -> Option<&Replay> {
        let need = &self.slots[slot as usize].need;
        if need.script == u32::MAX {
            return None;
        }
        self.c.replay(usize::from(need.source))
    }

    /// The words of the recorded message that is being written.
    pub(super) fn recorded_text(&self, slot: u32) -> Option<&str> {
        let conversation = &self.slots[slot as usize];
        let replay = self.replay_of(slot)?;
        let line = replay.line(conversation.need.script, conversation.line.checked_sub(1)?)?;
        (line.text != Texts::NONE).then(|| replay.recording.texts.get(line.text))
    }

    /// A recorded message is written: the next one that does not wait for an answer is scheduled.
    #[inline]
    pub(super) fn next_line(&mut self, slot: u32) {
        let conversation = &self.slots[slot as usize];
        let (script, next) = (conversation.need.script, conversation.line + 1);
        let Some(replay) = self.replay_of(slot) else { return };
        let at = replay.line(script, next).and_then(|line| match replay.source.timing {
            Timing::AsRecorded => {
                let first = replay.line(script, 0)?;
                Some(conversation.started_at + (line.at - first.at))
            }
            Timing::Reactive => (!line.answers).then(|| self.now + line.gap),
        });
        self.slots[slot as usize].line = next;
        if let Some(at) = at {
            self.slots[slot as usize].follow_up =
                self.events.schedule(at.max(self.now), Kind::CustomerWrites, slot);
        }
    }

    /// In a replay: when the customer answers a reply. `None`: this is no replay. `Some(NEVER)`: he
    /// wrote no more.
    #[inline]
    pub(super) fn recorded_answer(&mut self, slot: u32) -> Option<Instant> {
        let replay = self.replay_of(slot)?;
        let conversation = &self.slots[slot as usize];
        if replay.source.timing == Timing::AsRecorded {
            return Some(Instant::NEVER);
        }
        let mut next = conversation.line;
        while let Some(line) = replay.line(conversation.need.script, next) {
            if line.answers {
                let at = self.now + line.gap;
                self.slots[slot as usize].line = next;
                return Some(at);
            }
            next += 1;
        }
        Some(Instant::NEVER)
    }

    /// In a replay: how many replies what was written still takes.
    #[inline]
    pub(super) fn recorded_replies(&self, slot: u32) -> Option<u32> {
        let replay = self.replay_of(slot)?;
        let conversation = &self.slots[slot as usize];
        let rest = (conversation.line..u16::MAX).map_while(|n| replay.line(conversation.need.script, n));
        Some(1 + rest.filter(|line| line.answers).count() as u32)
    }
}
