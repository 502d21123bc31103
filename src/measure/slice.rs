//! Which conversations: the combination a row belongs to, and the slices asked for.

use crate::scenario::metric::{Dimension, SlicePart};
use crate::scenario::plan::{Plan, Source};

/// The combination of team, intent, priority, segment, language and source of a row, in one word;
/// ordered as they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(u64);

impl Key {
    #[inline]
    pub(super) fn new(team: u16, intent: u16, priority: u8, segment: u8, language: u8, source: u8) -> Key {
        Key(u64::from(team) << 48
            | u64::from(intent) << 32
            | u64::from(priority) << 24
            | u64::from(segment) << 16
            | u64::from(language) << 8
            | u64::from(source))
    }

    pub(super) fn get(self, dimension: Dimension) -> u16 {
        let byte = |shift: u32| u16::from((self.0 >> shift) as u8);
        match dimension {
            Dimension::Team => (self.0 >> 48) as u16,
            Dimension::Intent => (self.0 >> 32) as u16,
            Dimension::Priority => byte(24),
            Dimension::Segment => byte(16),
            Dimension::Language => byte(8),
            Dimension::Source => byte(0),
        }
    }

    pub(super) fn bits(self) -> u64 {
        self.0
    }
}

/// A conjunction of conditions, by index; in [`Dimension`]'s order. Empty: everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slice(pub(super) Vec<(Dimension, u16)>);

impl Slice {
    pub(super) fn holds(&self, key: Key) -> bool {
        self.0.iter().all(|(dimension, index)| key.get(*dimension) == *index)
    }

    /// The team, if that is the only condition; used for tables that know teams alone.
    pub(super) fn team(&self) -> Option<u16> {
        self.0.iter().find(|(dimension, _)| *dimension == Dimension::Team).map(|(_, index)| *index)
    }

    /// Names turned into indices; `None` if one is not in the plan.
    pub(super) fn resolve(parts: &[SlicePart], plan: &Plan) -> Option<Slice> {
        let index = |part: &SlicePart| {
            let at = names(plan, part.dimension).iter().position(|name| *name == part.value)?;
            Some((part.dimension, at as u16))
        };
        parts.iter().map(index).collect::<Option<Vec<_>>>().map(Slice)
    }
}

/// The names a dimension has in a plan, in the plan's order.
pub fn names(plan: &Plan, dimension: Dimension) -> Vec<&str> {
    match dimension {
        Dimension::Team => plan.teams.iter().map(|t| t.name.as_str()).collect(),
        Dimension::Intent => plan.intents.iter().map(|i| i.name.as_str()).collect(),
        Dimension::Priority => plan.priorities.iter().map(String::as_str).collect(),
        Dimension::Segment => plan.segments.iter().map(String::as_str).collect(),
        Dimension::Language => plan.languages.iter().map(String::as_str).collect(),
        Dimension::Source => plan
            .sources
            .iter()
            .map(|source| match source {
                Source::Synthetic(s) => s.name.as_str(),
                Source::Recorded(r) => r.name.as_str(),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_back_its_parts() {
        let key = Key::new(u16::MAX, 300, 4, 5, 6, 255);
        let parts: Vec<u16> = Dimension::ALL.iter().map(|d| key.get(*d)).collect();
        assert_eq!(parts, [u16::MAX, 300, 4, 5, 6, 255]);
    }

    #[test]
    fn a_slice_is_a_conjunction() {
        let slice = Slice(vec![(Dimension::Team, 1), (Dimension::Priority, 0)]);
        assert!(slice.holds(Key::new(1, 9, 0, 9, 9, 9)));
        assert!(!slice.holds(Key::new(1, 9, 1, 9, 9, 9)));
        assert!(Slice::default().holds(Key::new(0, 0, 0, 0, 0, 0)));
        assert_eq!((slice.team(), Slice::default().team()), (Some(1), None));
    }
}
