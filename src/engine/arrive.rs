//! Conversations begin: pulled one at a time from their source.

use super::compiled::{Compiled, CompiledSource};
use super::conversation::{Conversation, Need};
use super::event_list::Kind;
use super::story::{Note, Observer};
use super::world::{Comeback, World};
use crate::random::{Purpose, Streams};
use crate::scenario::plan::{Shares, Source, Synthetic};
use crate::time::Instant;
use crate::traffic::synthetic::{ArrivalProcess, Next};

/// A source in one replication.
#[derive(Clone, Debug)]
pub(super) enum SourceState {
    Synthetic { process: Box<ArrivalProcess>, given: u64, next: Option<Next> },
    Recorded(Box<super::replay::ReplayState>),
}

impl SourceState {
    pub fn all(c: &Compiled, streams: &Streams) -> Vec<SourceState> {
        c.sources
            .iter()
            .enumerate()
            .map(|(i, source)| match source {
                CompiledSource::Synthetic(compiled) => SourceState::Synthetic {
                    process: Box::new(ArrivalProcess::new(compiled, streams, i as u64)),
                    given: 0,
                    next: None,
                },
                CompiledSource::Recorded(_) => SourceState::Recorded(Box::default()),
            })
            .collect()
    }
}

/// A customer's address: source (8 bits), repeat (8 bits), number within the source (48 bits). Another
/// source or another policy never shifts it.
pub(super) fn entity(source: usize, repeat: u8, number: u64) -> u64 {
    (source as u64) << 56 | u64::from(repeat) << 48 | (number & 0xffff_ffff_ffff)
}

/// One of `n` by a uniform number: 0, 1 … n - 1.
#[inline]
pub(super) fn pick_one(u: f64, n: u32) -> u32 {
    ((u * f64::from(n)) as u32).min(n.saturating_sub(1))
}

#[inline]
pub(super) fn pick(shares: &Shares, u: f64) -> u16 {
    if shares.index.len() <= 1 {
        return shares.index.first().copied().unwrap_or(0);
    }
    let total = shares.cumulative.last().copied().unwrap_or(1.0);
    let at = shares.cumulative.iter().position(|&c| u * total < c).unwrap_or(shares.index.len() - 1);
    shares.index[at]
}

impl<O: Observer> World<'_, O> {
    /// Puts the next arrival of a source on the event list.
    pub(super) fn schedule_arrival(&mut self, source: usize) {
        let at = match (&mut self.sources[source], &self.c.sources[source]) {
            (SourceState::Synthetic { process, next, .. }, CompiledSource::Synthetic(compiled)) => {
                *next = process.next(compiled);
                next.map(|n| n.at)
            }
            (SourceState::Recorded(state), CompiledSource::Recorded(replay)) => {
                state.next(replay, &self.streams, source)
            }
            _ => None,
        };
        if let Some(at) = at {
            self.events.schedule_arrival(at.max(self.now), source as u32);
        }
    }

    pub(super) fn arrive(&mut self, source: usize) {
        let need = match &mut self.sources[source] {
            SourceState::Synthetic { given, next, .. } => {
                let number = *given;
                *given += 1;
                let from_burst = next.and_then(|n| n.intent);
                let Source::Synthetic(synthetic) = &self.plan.sources[source] else { return };
                draw_need(&self.streams, synthetic, source, number, from_burst)
            }
            SourceState::Recorded(state) => {
                let (Some((_, number, script)), CompiledSource::Recorded(replay)) =
                    (state.given, &self.c.sources[source])
                else {
                    return;
                };
                replay.need(&self.streams, source, entity(source, 0, number), script)
            }
        };
        self.schedule_arrival(source);
        self.begin_conversation(need);
    }

    fn begin_conversation(&mut self, need: Need) {
        let id = self.next_id;
        self.next_id += 1;
        let priority = match &self.plan.sources[usize::from(need.source)] {
            Source::Synthetic(Synthetic { priority: Some(priority), .. }) => *priority,
            _ => {
                let replay = self.c.replay(usize::from(need.source));
                let filed = replay.and_then(|replay| replay.priority(need.script));
                filed.unwrap_or(self.plan.intents[usize::from(need.intent)].priority)
            }
        };
        let measured = self.now >= self.c.measured_from && self.now < self.plan.end;
        if measured {
            self.accounts.conversation_began();
        }
        let slot = self.open_slot();
        let conversation = &mut self.slots[slot as usize];
        *conversation = Conversation::new(id, need, self.now);
        conversation.priority = priority;
        conversation.weight = self.c.weight(need.source, need.intent);
        conversation.measured = measured;
        self.tickets.opened(slot);
        self.talks.opened(self.c, slot);
        self.tell(slot, |_| Note::Began {
            intent: need.intent,
            segment: need.segment,
            language: need.language,
            source: need.source,
            repeat: need.repeat > 0,
        });
        self.greet(slot);
        self.customer_writes(slot);
    }

    /// Schedules a return about the same need, if the customer will come back.
    pub(super) fn maybe_come_back(&mut self, slot: u32) {
        let customer = &self.plan.customer;
        if customer.repeats <= 0.0 {
            return;
        }
        let conversation = &self.slots[slot as usize];
        if conversation.cut_off {
            // He has come back, or will.
            return;
        }
        let mut stream = self.streams.nth(Purpose::Return, conversation.need.entity, 64);
        if !stream.chance(customer.repeats) {
            return;
        }
        let at = Instant(self.now.ms() + customer.repeat_delay.draw_ms(&mut stream));
        self.comes_back_at(slot, at);
    }

    /// Another contact about the same need, linked to this one.
    pub(super) fn comes_back_at(&mut self, slot: u32, at: Instant) {
        let conversation = &self.slots[slot as usize];
        if at >= self.plan.end || conversation.need.repeat == u8::MAX {
            return;
        }
        let need = &conversation.need;
        let original = if need.repeat_of == u64::MAX { conversation.id } else { need.repeat_of };
        let repeat = need.repeat + 1;
        let entity = entity(usize::from(need.source), repeat, need.entity);
        let need = Need { entity, repeat, repeat_of: original, ..*need };
        let place = self.free_comebacks.pop().unwrap_or_else(|| {
            self.comebacks.push(Comeback { need });
            self.comebacks.len() as u32 - 1
        });
        self.comebacks[place as usize] = Comeback { need };
        self.events.schedule(at, Kind::Return, place);
        self.tell(slot, |_| Note::ComesBack { at });
    }

    pub(super) fn come_back(&mut self, index: usize) {
        let need = self.comebacks[index].need;
        self.free_comebacks.push(index as u32);
        self.begin_conversation(need);
    }
}

#[inline]
fn draw_need(streams: &Streams, s: &Synthetic, source: usize, number: u64, from_burst: Option<u16>) -> Need {
    let entity = entity(source, 0, number);
    let plain = s.intents.index.len() <= 1
        && s.languages.index.len() <= 1
        && s.segments.index.len() <= 1
        && s.media <= 0.0;
    let mut u = [0.5; 4];
    if !plain {
        let mut stream = streams.stream(Purpose::Profile, entity);
        u.fill_with(|| stream.uniform());
    }
    Need {
        entity,
        intent: from_burst.unwrap_or_else(|| pick(&s.intents, u[0])),
        language: pick(&s.languages, u[1]) as u8,
        segment: pick(&s.segments, u[2]) as u8,
        source: source as u8,
        media: u[3] < s.media,
        script: u32::MAX,
        repeat_of: u64::MAX,
        repeat: 0,
    }
}
