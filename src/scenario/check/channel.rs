//! `[customer]`, `[[intent]]`, `[channel]`, `[bot]`.

use super::Checker;
use super::names::{Kind, Names, language_of_file};
use crate::diag::{Diagnostic, nearest};
use crate::random::Distribution;
use crate::scenario::plan::{BotKind, BotPlan, Channel, Customer, HttpPlan, Intent, NamedLimits, Pricing};
use crate::scenario::rates;
use crate::scenario::raw::law::DurationLaw;
use crate::scenario::raw::leaf::{At, OneOrMany, OrNone, PlainOr, WordOr};
use crate::scenario::raw::{self, BotWord, PhraseList, PricingWord};
use crate::time::{Instant, Span};
use jiff::tz::TimeZone;
use std::ops::Range;
use std::sync::Arc;

/// Shapes of an exchange with a live bot.
const HTTP_SHAPES: [&str; 3] = ["generic", "rasa", "dialogflow"];

impl Checker<'_> {
    /// All intents; `general` if the scenario defines none.
    pub fn intents(&mut self) -> Vec<Intent> {
        let raw = self.raw;
        if raw.intent.is_empty() {
            let general = raw::Intent { name: At::from("general".to_owned()), ..raw::Intent::default() };
            return vec![self.intent(&general)];
        }
        raw.intent.iter().map(|intent| self.intent(&intent.value)).collect()
    }

    fn intent(&mut self, intent: &raw::Intent) -> Intent {
        let priorities = self.names.list(Kind::Priority).len();
        let priority = match &intent.priority {
            Some(name) => self.name(Kind::Priority, name),
            None => priorities / 2,
        };
        Intent {
            name: intent.name.value.clone(),
            priority: priority as u8,
            exchanges: self.count_law(&intent.exchanges),
            agent_work: self.duration_law(&intent.agent_work),
            patience: intent.patience.as_ref().map(|law| self.duration_law(law)),
            reply_delay: intent.reply_delay.as_ref().map(|law| self.duration_law(law)),
            bot_solves: intent.bot_solves.value.0,
            phrases: self.phrases(intent),
            weight: intent.weight.value,
        }
    }

    /// Phrases by language index.
    fn phrases(&mut self, intent: &raw::Intent) -> Vec<Arc<[String]>> {
        let languages = self.names.list(Kind::Language).len();
        let mut by_language: Vec<Arc<[String]>> = vec![Arc::from([]); languages];
        let Some(phrases) = &intent.phrases else { return by_language };
        let place = |names: &Names, language: Option<&str>| {
            language.and_then(|language| names.index(Kind::Language, language)).unwrap_or(0)
        };
        let lists: Vec<(usize, &PhraseList, &Range<usize>)> = match &phrases.value {
            PlainOr::Plain(list) => {
                let language = match list {
                    PhraseList::File(path) => language_of_file(path),
                    PhraseList::List(_) => None,
                };
                vec![(place(&self.names, language), list, &phrases.span)]
            }
            PlainOr::Table(lists) => lists
                .iter()
                .map(|(language, list)| (place(&self.names, Some(&language.value)), &list.value, &list.span))
                .collect(),
        };
        for (language, list, span) in lists {
            let Some(phrases) = self.phrase_list(list, span) else { continue };
            if let Some(slot) = by_language.get_mut(language) {
                *slot = phrases.into();
            }
        }
        by_language
    }

    /// The phrases of a list or a file.
    fn phrase_list(&mut self, list: &PhraseList, span: &Range<usize>) -> Option<Vec<String>> {
        let found: Vec<String> = match list {
            PhraseList::File(path) => {
                let input = self.read(&At { value: path.clone(), span: span.clone() })?;
                let lines = input.text.lines().map(str::trim);
                lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
            }
            PhraseList::List(phrases) => {
                let phrases = phrases.iter().map(|phrase| phrase.trim());
                phrases.filter(|phrase| !phrase.is_empty()).map(str::to_owned).collect()
            }
        };
        if found.is_empty() {
            let (what, expected) = match list {
                PhraseList::File(path) => (format!("in `{path}`"), "one phrase a line is expected"),
                PhraseList::List(_) => ("here".to_owned(), "at least one is expected"),
            };
            self.fault(
                Diagnostic::error("HS0107", format!("there are no phrases {what}"))
                    .mark(span.clone(), expected),
            );
        }
        Some(found)
    }

    /// How customers behave.
    pub fn customer(&mut self) -> Customer {
        let customer = &self.raw.customer;
        Customer {
            patience: self.law_or_none(&customer.patience),
            reply_patience: self.law_or_none(&customer.reply_patience),
            reply_delay: self.duration_law(&customer.reply_delay),
            balk: customer.balk.value.0,
            falls_silent: customer.falls_silent.value.0,
            follow_up: self.law_or_none(&customer.follow_up),
            reopens: customer.reopens.value.0,
            reopen_delay: self.duration_law(&customer.reopen_delay),
            repeats: customer.repeats.value.0,
            repeat_delay: self.duration_law(&customer.repeat_delay),
            rates: customer.rates.value.0,
            typos: customer.typos.value.0,
            misreads: customer.misreads.value.0,
            accepts: customer.accepts.value.0,
            asks_for_person: customer.asks_for_person.value.0,
            leaves_bot: customer.leaves_bot.value.0,
        }
    }

    /// A distribution, or none.
    pub fn law_or_none(&mut self, law: &At<OrNone<DurationLaw>>) -> Option<Distribution> {
        match &law.value {
            WordOr::Word(_) => None,
            WordOr::Value(value) => {
                Some(self.duration_law(&At { value: value.clone(), span: law.span.clone() }))
            }
        }
    }

    /// The channel; prices come from what is written, then from the market's list on the day the run
    /// begins.
    pub fn channel(&mut self, start: Instant, zone: &TimeZone) -> Channel {
        let channel = &self.raw.channel;
        let list = self.price_list(&channel.market, start, zone);
        let fee = channel.reseller_fee.value;
        let price = |written: &Option<At<f64>>, listed: Option<f64>| {
            written.as_ref().map_or(listed.unwrap_or(0.0) + fee, |price| price.value)
        };
        Channel {
            like: channel.like.value.clone(),
            window: channel.window.value.get().map(|window| window.span()),
            templates: channel.templates,
            delivery: self.duration_law(&channel.delivery),
            price_message: price(&channel.price_message, list.as_ref().map(|l| l.service)),
            price_utility: price(&channel.price_utility, list.as_ref().map(|l| l.utility)),
            price_marketing: price(&channel.price_marketing, list.as_ref().map(|l| l.marketing)),
            price_inbound: price(&channel.price_inbound, None),
            utility_free_in_window: channel
                .utility_free_in_window
                .unwrap_or_else(|| list.as_ref().is_some_and(|l| l.utility_free_in_window)),
            pricing: match channel.pricing {
                Some(PricingWord::PerMessage) => Pricing::PerMessage,
                Some(PricingWord::PerConversation) => Pricing::PerConversation,
                None => list.as_ref().map_or(Pricing::PerMessage, |l| l.pricing),
            },
        }
    }

    fn price_list(&mut self, market: &At<String>, start: Instant, zone: &TimeZone) -> Option<rates::Rates> {
        if market.value == "none" {
            return None;
        }
        let day = jiff::Timestamp::from_millisecond(start.ms()).ok()?.to_zoned(zone.clone()).date();
        let list = rates::rates(&market.value, day);
        if let Some(list) = &list {
            if list.certainty == rates::Certainty::Inferred {
                self.assume(format!(
                    "WhatsApp's prices for {} on {day} are inferred, not stated",
                    list.market
                ));
            }
            return Some(list.clone());
        }
        let known = rates::markets();
        if known.contains(&market.value) {
            self.fault(
                Diagnostic::warning(
                    "HS0508",
                    format!("there is no price list of {} for {day}", market.value),
                )
                .mark(market.span.clone(), "messages cost nothing"),
            );
            return None;
        }
        let fault =
            Diagnostic::error("HS0201", format!("there is no price list for market `{}`", market.value))
                .mark(market.span.clone(), "unknown market")
                .help(format!("one of `{}`, or `none`", known.join("`, `")));
        self.fault(match nearest(&market.value, known.iter().map(String::as_str)) {
            Some(near) => fault.help("a market with a similar name exists").replace(format!("\"{near}\"")),
            None => fault,
        });
        None
    }

    /// The bot; without its table there is none.
    pub fn bot(&mut self) -> BotPlan {
        let defaults = raw::Bot { like: Some(At::from(BotWord::None)), ..raw::Bot::default() };
        let bot = self.raw.bot.as_ref().unwrap_or(&defaults);
        let outages = bot
            .outages
            .iter()
            .map(|outage| {
                let (from, lasts) = (outage.value.from.value.span(), outage.value.lasts.value.span());
                (from, from + lasts)
            })
            .collect();
        BotPlan {
            kind: self.bot_kind(bot),
            max_attempts: bot.max_attempts.as_ref().map_or(3, |most| most.value),
            time_limit: bot.time_limit.as_ref().and_then(|limit| limit.value.get()).map(|limit| limit.span()),
            latency: self.duration_law(&bot.latency),
            session_time_out: bot
                .session_time_out
                .as_ref()
                .map_or(Span::from_hours(4), |silence| silence.value.span()),
            named: NamedLimits {
                max_attempts: bot.max_attempts.is_some(),
                time_limit: bot.time_limit.is_some(),
                session_time_out: bot.session_time_out.is_some(),
            },
            repeat_window: bot.repeat_window.value.span(),
            cost_per_conversation: bot.cost_per_conversation,
            outages,
            random_outages: bot.random_outages.as_ref().map(|outages| {
                self.above_zero(&outages.value.every);
                self.above_zero(&outages.value.lasts);
                (outages.value.every.value.0, outages.value.lasts.value.0)
            }),
        }
    }

    fn bot_kind(&mut self, bot: &raw::Bot) -> BotKind {
        let said = bot.like.as_ref().or(bot.kind.as_ref());
        if let (Some(like), Some(kind)) = (&bot.like, &bot.kind)
            && like.value != kind.value
        {
            self.fault(
                Diagnostic::error("HS0401", "`like` and `kind` are the same key and say different things")
                    .mark(kind.span.clone(), "the earlier name of `like`; take it out"),
            );
        }
        if let (Some(flow), Some(http), None) = (&bot.flow, &bot.http, said) {
            self.fault(
                Diagnostic::error("HS0401", "`flow` and `http` exclude each other")
                    .mark(flow.span.clone(), "a dialogue flow")
                    .mark(http.span.clone(), "a live bot")
                    .help("say which one with `like = \"flow\"` or `like = \"http\"`"),
            );
        }
        let found = match (&bot.flow, &bot.http) {
            (Some(_), _) => BotWord::Flow,
            (None, Some(_)) => BotWord::Http,
            (None, None) => BotWord::Statistical,
        };
        match said.map_or(found, |word| word.value) {
            BotWord::None => BotKind::None,
            BotWord::Statistical => BotKind::Statistical {
                exchanges: self.count_law(&bot.exchanges),
                understands: bot.understands.value.0,
            },
            BotWord::Flow => match &bot.flow {
                Some(flow) => BotKind::Flow { path: self.existing(flow) },
                None => {
                    self.missing_part(bot, "flow");
                    BotKind::None
                }
            },
            BotWord::Http => match &bot.http {
                Some(http) => self.http(&http.value),
                None => {
                    self.missing_part(bot, "http");
                    BotKind::None
                }
            },
        }
    }

    fn missing_part(&mut self, bot: &raw::Bot, key: &str) {
        let span = bot.like.as_ref().or(bot.kind.as_ref()).map_or(0..0, |word| word.span.clone());
        self.fault(
            Diagnostic::error("HS0104", format!("a bot like `{key}` needs `bot.{key}`"))
                .mark(span, format!("`{key}` is missing")),
        );
    }

    fn http(&mut self, http: &raw::Http) -> BotKind {
        if !HTTP_SHAPES.contains(&http.shape.value.as_str()) {
            let fault =
                Diagnostic::error("HS0105", format!("`bot.http.shape` cannot be `{}`", http.shape.value))
                    .mark(http.shape.span.clone(), "not one of its words")
                    .help(format!("one of `{}`", HTTP_SHAPES.join("`, `")));
            self.fault(fault);
        }
        if http.url.value.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")) {
            self.fault(
                Diagnostic::error("HS0302", "`bot.http.url` cannot be an address of HTTPS")
                    .mark(http.url.span.clone(), "encryption is not built in")
                    .help("run a proxy on this machine before the bot and name its `http://` address")
                    .help(
                        "for example `caddy reverse-proxy --from http://127.0.0.1:8080 --to \
                         https://bot.example.com --change-host-header`",
                    ),
            );
        } else if !http.url.value.starts_with("http://") || http.url.value.contains(char::is_whitespace) {
            self.fault(
                Diagnostic::error("HS0302", "`bot.http.url` must be an address")
                    .mark(http.url.span.clone(), "it does not begin with `http://`, or has spaces"),
            );
        }
        self.above_zero(&http.time_out);
        let intents: Vec<_> = http
            .intents
            .iter()
            .map(|(bot, own)| (bot.value.clone(), self.name(Kind::Intent, own) as u16))
            .collect();
        let words = |list: &OneOrMany<String>| list.0.iter().map(|word| word.value.clone()).collect();
        let answers: Vec<(u16, Vec<String>)> = http
            .answers
            .iter()
            .map(|(own, list)| (self.name(Kind::Intent, own) as u16, words(list)))
            .collect();
        if answers.is_empty() && http.shape.value == "rasa" {
            self.fault(
                Diagnostic::warning("HS0513", "nothing tells which reply of the bot answers which intent")
                    .mark(http.shape.span.clone(), "Rasa's REST channel names no intent")
                    .help("`[bot.http.answers]` with words that stand in the answer of each intent"),
            );
            self.assume("any plain statement of the live bot is the answer to what it was asked");
        }
        if let Some(cassette) = &http.cassette
            && self.resolve(&cassette.value).exists()
        {
            self.existing(cassette);
            self.assume(format!("the bot is answered from the recording `{}`, not asked", cassette.value));
        }
        BotKind::Http(HttpPlan {
            url: http.url.value.clone(),
            shape: http.shape.value.clone(),
            time_out: http.time_out.value.span(),
            concurrency: http.concurrency.value,
            rate_per_s: http.rate_per_s.value,
            cassette: http.cassette.as_ref().map(|path| self.resolve(&path.value)),
            intents,
            answers,
            not_understood: http.not_understood.clone(),
            hands_over: http.hands_over.clone(),
            replies: http.replies.iter().map(|(words, tell)| (words.clone(), tell.clone())).collect(),
        })
    }
}
