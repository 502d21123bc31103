//! What a message costs, in the two ways WhatsApp has charged: for each message, or (until June
//! 2025) for each 24 hours in which messages of a category are sent.
//!
//! Source: WhatsApp Business Platform documentation, "Pricing" and "Conversation-based pricing".

use super::LONG_AGO;
use crate::scenario::plan::{Channel, Pricing};
use crate::time::{Instant, Span};

/// How long a conversation that has been paid for lasts.
const CONVERSATION: Span = Span::from_hours(24);

/// What a message counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    /// Free-form.
    Service = 0,
    Utility = 1,
    Marketing = 2,
}

/// Until when the conversation of each category is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paid([Instant; 3]);

impl Paid {
    pub(super) const NOTHING: Paid = Paid([LONG_AGO; 3]);
}

/// The price of one message that goes at `at`.
pub(super) fn price(
    channel: &Channel,
    paid: &mut Paid,
    at: Instant,
    category: Category,
    in_window: bool,
) -> f64 {
    let price = match category {
        Category::Service => channel.price_message,
        Category::Utility => channel.price_utility,
        Category::Marketing => channel.price_marketing,
    };
    match channel.pricing {
        Pricing::PerMessage => {
            let free = category == Category::Utility && in_window && channel.utility_free_in_window;
            if free { 0.0 } else { price }
        }
        Pricing::PerConversation => {
            // A free-form message rides on any open conversation, a template only on its own kind.
            let open = match category {
                Category::Service => paid.0.iter().any(|until| at < *until),
                _ => at < paid.0[category as usize],
            };
            if open {
                return 0.0;
            }
            paid.0[category as usize] = at + CONVERSATION;
            price
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::tests::cloud_api;

    /// What a series of messages costs where conversations are charged.
    #[test]
    fn per_conversation() {
        use Category::{Marketing, Service, Utility};
        let channel = Channel {
            pricing: Pricing::PerConversation,
            price_message: 0.03,
            price_utility: 0.035,
            price_marketing: 0.0625,
            ..cloud_api()
        };
        let series: [(&str, &[(i64, Category, f64)]); 4] = [
            (
                "a service conversation lasts a day",
                &[(0, Service, 0.03), (23, Service, 0.0), (24, Service, 0.03)],
            ),
            ("free-form rides on a template", &[(0, Utility, 0.035), (1, Service, 0.0), (24, Service, 0.03)]),
            (
                "a template pays beside an open service",
                &[(0, Service, 0.03), (1, Utility, 0.035), (2, Utility, 0.0)],
            ),
            ("categories are apart", &[(0, Marketing, 0.0625), (1, Utility, 0.035), (2, Marketing, 0.0)]),
        ];
        for (name, messages) in series {
            let mut paid = Paid::NOTHING;
            for (hour, category, expected) in messages {
                let got = price(&channel, &mut paid, Instant(hour * 3_600_000), *category, true);
                assert_eq!(got, *expected, "{name}: hour {hour}");
            }
        }
    }
}
