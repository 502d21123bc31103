//! One word for what every desk calls otherwise.

use std::borrow::Cow;

/// The state of a ticket: `open`, `pending` (waits for the customer or somebody else), `on_hold`,
/// `resolved`, `closed`. A word that is not known stays, in snake case.
pub fn status(word: &str) -> Cow<'static, str> {
    let plain = snake(word);
    Cow::Borrowed(match plain.as_str() {
        "" => "",
        "new" | "open" | "active" | "in_progress" | "reopened" | "assigned" | "received" | "queued"
        | "accepted" | "chatting" | "unassigned" | "work_in_progress" => "open",
        "pending"
        | "waiting"
        | "waiting_on_customer"
        | "waiting_for_customer"
        | "awaiting_user_info"
        | "awaiting_problem"
        | "awaiting_vendor"
        | "awaiting_evidence"
        | "awaiting"
        | "waiting_on_third_party"
        | "snoozed"
        | "answered"
        | "replied"
        | "postponed"
        | "awaiting_customer" => "pending",
        "hold" | "on_hold" | "onhold" => "on_hold",
        "solved" | "resolved" | "completed" | "done" => "resolved",
        "closed" | "cancelled" | "canceled" | "deleted" | "merged" | "spam" => "closed",
        "escalated" => "escalated",
        _ => return Cow::Owned(plain),
    })
}

/// The priority of a ticket: `urgent`, `high`, `medium`, `low`. A word that is not known stays.
pub fn priority(word: &str) -> Cow<'static, str> {
    let plain = snake(word);
    let name = plain.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    Cow::Borrowed(match name {
        "urgent" | "critical" | "highest" | "p1" | "very_high" => "urgent",
        "high" | "p2" => "high",
        "medium" | "normal" | "moderate" | "p3" => "medium",
        "low" | "lowest" | "planning" | "p4" => "low",
        _ => return Cow::Owned(plain),
    })
}

fn snake(word: &str) -> String {
    let mut out = String::new();
    for c in word.trim().chars().take(100) {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
    }
    out.truncate(out.trim_end_matches('_').len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_desks() {
        for (word, expected) in [
            ("Awaiting User Info", "pending"),
            ("On Hold", "on_hold"),
            ("New", "open"),
            ("Solved", "resolved"),
            ("Bei der Bank", "bei_der_bank"),
            ("", ""),
        ] {
            assert_eq!(status(word), expected);
        }
        for (word, expected) in
            [("3 - Moderate", "medium"), ("1 - Critical", "urgent"), ("Urgent", "urgent"), ("VIP!", "vip")]
        {
            assert_eq!(priority(word), expected);
        }
    }
}
