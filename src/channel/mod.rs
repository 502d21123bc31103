//! WhatsApp's own rules as a plain state machine: when a free-form message may go, when only a
//! template may, and what either costs. Knows nothing of tickets.
//!
//! Each conversation carries a [`ChannelState`] that only [`received`] and [`send`] change. A channel
//! without a customer-service window (the phone app) lets every message through.

mod limits;
mod pricing;

pub use limits::{Limit, TooMuch, check_buttons, check_list, check_text};

use crate::scenario::plan::Channel;
use crate::time::{Instant, Span};

/// After a business's answer to a customer who came from an advertisement every message is free for
/// so long (free entry point).
pub const FREE_ENTRY: Span = Span::from_hours(72);
/// The business must answer such a customer within this time, or there is no free entry.
pub const FREE_ENTRY_ANSWER: Span = Span::from_hours(24);

/// Before anything that happens: the state of a window that is closed.
const LONG_AGO: Instant = Instant(i64::MIN);

/// What the business wants to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A free-form answer. Outside the window it goes as a utility template, if there are templates.
    Reply,
    /// A utility template: a notification about something the customer asked for.
    Utility,
    /// A marketing template.
    Marketing,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sent {
    /// It went as a template.
    pub template: bool,
    /// What it cost.
    pub price: f64,
    /// It did not go: the window is closed and the channel has no templates.
    pub refused: bool,
}

/// What the channel remembers of one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelState {
    /// Free-form messages are allowed before this instant.
    window_until: Instant,
    /// An answer before this instant opens the free entry; only of use while there is none yet.
    answer_until: Instant,
    /// Every message is free before this instant.
    free_until: Instant,
    /// Paid for until then, where a conversation and not a message is charged.
    paid: pricing::Paid,
}

impl ChannelState {
    /// Nobody has written yet.
    pub const fn new() -> ChannelState {
        ChannelState {
            window_until: LONG_AGO,
            answer_until: LONG_AGO,
            free_until: LONG_AGO,
            paid: pricing::Paid::NOTHING,
        }
    }

    /// The customer comes from a click-to-WhatsApp advertisement or a page's button at `at`.
    pub fn from_advertisement(at: Instant) -> ChannelState {
        ChannelState { answer_until: at + FREE_ENTRY_ANSWER, ..ChannelState::new() }
    }

    /// Free-form messages are allowed at `at`. The customer's message opens the window, and exactly
    /// 24 hours later it is closed.
    #[inline]
    pub fn window_open(&self, channel: &Channel, at: Instant) -> bool {
        channel.window.is_none() || at < self.window_until
    }
}

impl Default for ChannelState {
    fn default() -> ChannelState {
        ChannelState::new()
    }
}

/// A message of the customer arrived: opens or renews the window. Gives what receiving it costs.
#[inline]
pub fn received(channel: &Channel, state: &mut ChannelState, at: Instant) -> f64 {
    if let Some(window) = channel.window {
        // Two messages may be handled out of order; the window never shrinks.
        state.window_until = state.window_until.max(at + window);
    }
    channel.price_inbound
}

/// The business sends a message.
#[inline]
pub fn send(channel: &Channel, state: &mut ChannelState, at: Instant, kind: Kind) -> Sent {
    let in_window = state.window_open(channel, at);
    let template = kind != Kind::Reply || !in_window;
    if template && !channel.templates {
        return Sent { template: false, price: 0.0, refused: true };
    }
    // The free entry begins with the answer itself, which is free, too.
    if at < state.answer_until {
        state.free_until = at + FREE_ENTRY;
        state.answer_until = LONG_AGO;
    }
    let price = if at < state.free_until {
        0.0
    } else {
        let category = match kind {
            Kind::Marketing => pricing::Category::Marketing,
            _ if template => pricing::Category::Utility,
            _ => pricing::Category::Service,
        };
        pricing::price(channel, &mut state.paid, at, category, in_window)
    };
    Sent { template, price, refused: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Distribution;
    use crate::scenario::plan::Pricing;

    pub(super) fn cloud_api() -> Channel {
        Channel {
            like: "whatsapp_cloud_api".into(),
            window: Some(Span::from_hours(24)),
            templates: true,
            delivery: Distribution::Deterministic { value: 0.0 },
            price_message: 0.0,
            price_utility: 0.0068,
            price_marketing: 0.0625,
            price_inbound: 0.0,
            utility_free_in_window: true,
            pricing: Pricing::PerMessage,
        }
    }

    fn at_hour(hour: f64) -> Instant {
        Instant((hour * 3_600_000.0) as i64)
    }

    const FREE: Sent = Sent { template: false, price: 0.0, refused: false };
    const REFUSED: Sent = Sent { template: false, price: 0.0, refused: true };
    fn template(price: f64) -> Sent {
        Sent { template: true, price, refused: false }
    }

    /// One customer message at hour 0; what becomes of one message sent later.
    #[test]
    fn window_cases() {
        let api = cloud_api();
        let no_templates = Channel { templates: false, ..cloud_api() };
        let charged = Channel { price_message: 0.0068, utility_free_in_window: false, ..cloud_api() };
        let phone = Channel { window: None, templates: false, ..cloud_api() };
        let paid_reply = Sent { price: 0.0068, ..FREE };
        let cases = [
            ("reply at once", &api, 0.0, Kind::Reply, FREE),
            ("reply in the last minute", &api, 23.99, Kind::Reply, FREE),
            ("reply a day later", &api, 24.0, Kind::Reply, template(0.0068)),
            ("utility in the window", &api, 1.0, Kind::Utility, template(0.0)),
            ("utility outside", &api, 30.0, Kind::Utility, template(0.0068)),
            ("marketing is always charged", &api, 1.0, Kind::Marketing, template(0.0625)),
            ("no way to write", &no_templates, 24.0, Kind::Reply, REFUSED),
            ("no templates at all", &no_templates, 1.0, Kind::Utility, REFUSED),
            ("since October 2026 a reply costs", &charged, 1.0, Kind::Reply, paid_reply),
            ("and so does utility in the window", &charged, 1.0, Kind::Utility, template(0.0068)),
            ("the phone app knows no window", &phone, 100.0, Kind::Reply, FREE),
        ];
        for (name, channel, hour, kind, expected) in cases {
            let mut state = ChannelState::new();
            assert_eq!(received(channel, &mut state, at_hour(0.0)), 0.0);
            assert_eq!(send(channel, &mut state, at_hour(hour), kind), expected, "{name}");
        }
    }

    #[test]
    fn only_the_customer_renews_the_window() {
        let api = cloud_api();
        let mut state = ChannelState::new();
        assert!(send(&api, &mut state, at_hour(0.0), Kind::Reply).template, "nobody wrote yet");
        received(&api, &mut state, at_hour(0.0));
        send(&api, &mut state, at_hour(23.0), Kind::Utility);
        assert!(!state.window_open(&api, at_hour(25.0)));
        received(&api, &mut state, at_hour(26.0));
        received(&api, &mut state, at_hour(20.0));
        assert!(state.window_open(&api, at_hour(49.9)));
        assert!(!state.window_open(&api, at_hour(50.0)));
    }

    /// A customer from an advertisement at hour 0: (answered at, next message at, its price).
    #[test]
    fn free_entry_point() {
        let api = cloud_api();
        for (answer, next, price) in
            [(2.0, 73.9, 0.0), (2.0, 74.0, 0.0625), (23.9, 95.8, 0.0), (24.0, 25.0, 0.0625)]
        {
            let mut state = ChannelState::from_advertisement(at_hour(0.0));
            received(&api, &mut state, at_hour(0.0));
            send(&api, &mut state, at_hour(answer), Kind::Reply);
            assert_eq!(
                send(&api, &mut state, at_hour(next), Kind::Marketing).price,
                price,
                "{answer} {next}"
            );
        }
        // Free of charge is not free of form: after a day only a template goes.
        let mut state = ChannelState::from_advertisement(at_hour(0.0));
        received(&api, &mut state, at_hour(0.0));
        send(&api, &mut state, at_hour(1.0), Kind::Reply);
        assert_eq!(send(&api, &mut state, at_hour(30.0), Kind::Reply), template(0.0));
    }

    #[test]
    fn receiving_may_cost() {
        let reseller = Channel { price_inbound: 0.005, ..cloud_api() };
        assert_eq!(received(&reseller, &mut ChannelState::new(), at_hour(0.0)), 0.005);
    }
}
