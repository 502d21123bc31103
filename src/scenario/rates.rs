//! WhatsApp's price list by market and day: what a preset fills [`Channel`](super::plan::Channel)
//! with when a scenario names a market. Rates are data (`data/channel/whatsapp_rates.csv`).

use super::plan::Pricing;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

const TABLE: &str = include_str!("../../data/channel/whatsapp_rates.csv");

/// What WhatsApp charges in a market from a day on, in US dollars, without a reseller's fee.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Rates {
    /// Where the customer's number belongs: `brazil`, `north_america`.
    pub market: String,
    /// The first day on which these rates hold.
    #[serde(deserialize_with = "civil_date")]
    pub valid_from: Date,
    /// What is charged for.
    pub pricing: Pricing,
    /// One marketing template or conversation.
    pub marketing: f64,
    /// One utility template or conversation.
    pub utility: f64,
    /// One authentication template or conversation.
    pub authentication: f64,
    /// One free-form message or service conversation.
    pub service: f64,
    /// Utility templates inside the customer-service window are free.
    pub utility_free_in_window: bool,
    /// How sure the figures are.
    pub certainty: Certainty,
}

/// Whether a figure was read or concluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// A source gives it.
    Stated,
    /// It was concluded from what sources give.
    Inferred,
}

/// The rates of a market on a day; `None` if the market is unknown or the day is before its first row.
pub fn rates(market: &str, on: Date) -> Option<Rates> {
    table().filter(|row| row.market == market && row.valid_from <= on).max_by_key(|row| row.valid_from)
}

/// Every market that has rates, in alphabetical order.
pub fn markets() -> Vec<String> {
    let mut names: Vec<String> = table().map(|row| row.market).collect();
    names.sort();
    names.dedup();
    names
}

/// A row that cannot be read is no row; that there is none such is tested.
fn table() -> impl Iterator<Item = Rates> {
    csv::Reader::from_reader(TABLE.as_bytes()).into_deserialize().filter_map(Result::ok)
}

fn civil_date<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_line_is_a_row() {
        assert_eq!(table().count(), TABLE.lines().count() - 1);
        assert!(table().all(|r| {
            [r.marketing, r.utility, r.authentication, r.service].iter().all(|p| (0.0..1.0).contains(p))
        }));
    }

    /// One case for each era and each known step.
    #[test]
    fn rates_by_day() {
        let cases = [
            ("brazil", date(2023, 7, 1), Pricing::PerConversation, 0.0625, 0.0350, 0.0300),
            ("brazil", date(2025, 6, 30), Pricing::PerConversation, 0.0625, 0.0080, 0.0),
            ("brazil", date(2025, 7, 1), Pricing::PerMessage, 0.0625, 0.0068, 0.0),
            ("brazil", date(2026, 10, 1), Pricing::PerMessage, 0.0625, 0.0068, 0.0068),
            ("mexico", date(2025, 9, 30), Pricing::PerMessage, 0.0436, 0.0085, 0.0),
            ("mexico", date(2025, 10, 1), Pricing::PerMessage, 0.0305, 0.0085, 0.0),
            ("north_america", date(2026, 1, 1), Pricing::PerMessage, 0.0250, 0.0034, 0.0),
        ];
        for (market, on, pricing, marketing, utility, service) in cases {
            let r = rates(market, on).expect(market);
            assert_eq!(
                (r.pricing, r.marketing, r.utility, r.service),
                (pricing, marketing, utility, service)
            );
            assert_eq!(r.utility_free_in_window, pricing == Pricing::PerMessage && on < date(2026, 10, 1));
        }
        assert_eq!(rates("brazil", date(2023, 5, 31)), None);
        assert_eq!(rates("atlantis", date(2026, 1, 1)), None);
        assert_eq!(markets().len(), 12);
    }
}
