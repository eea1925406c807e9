//! The words for how access ends.

use super::words::words;

words! {
    /// What sets a deadline.
    DeadlineCause {
        /// The grant's own end.
        ExpiresAt = "ExpiresAt",
        /// The longest that the policy allows.
        PolicyMaximum = "PolicyMaximum",
        /// The end of the consultant's engagement.
        Engagement = "Engagement",
        /// The end of the confidentiality agreement.
        Confidentiality = "Confidentiality",
        /// The end of the firm's data processing agreement.
        Agreement = "Agreement",
        /// The end of the grace after an overdue review.
        Review = "Review",
        /// The person's last day.
        Left = "Left",
        /// The day on which the person's job role changes.
        JobRoleChanged = "JobRoleChanged",
        /// The end of the relation with the consultant's firm.
        VendorEnded = "VendorEnded",
    }
}

words! {
    /// Why access ended.
    EndCause {
        /// Its time was over.
        Expired = "Expired",
        /// Somebody set `revoked`.
        Revoked = "Revoked",
        /// The person left.
        Left = "Left",
        /// The person's job role changed after the approval.
        JobRoleChanged = "JobRoleChanged",
        /// The engagement is over.
        Engagement = "Engagement",
        /// The confidentiality agreement is missing or over.
        Confidentiality = "Confidentiality",
        /// The firm's data processing agreement is missing or over.
        Agreement = "Agreement",
        /// A review is overdue beyond its grace.
        Review = "Review",
        /// The relation with the consultant's firm is over.
        VendorEnded = "VendorEnded",
        /// An open incident suspends the grants of its flows' namespaces.
        Incident = "Incident",
        /// A policy asks for an approval that is not there.
        Unapproved = "Unapproved",
        /// Another enforced rule is violated.
        Violation = "Violation",
        /// The grant was deleted.
        Deleted = "Deleted",
    }
}

words! {
    /// Whether the API server denies what was revoked.
    Verified {
        /// It does.
        True = "True",
        /// It does not: see the residual paths.
        False = "False",
        /// As far as the subject's groups are known.
        Partial = "Partial",
    }
}

words! {
    /// How long before the end a notice is sent. The order is in time.
    Notice {
        /// Seven days.
        Week = "Week",
        /// A day.
        Day = "Day",
        /// An hour.
        Hour = "Hour",
    }
}
