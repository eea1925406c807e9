//! What the rules on respondent identifiers share: whether a survey has one.

use std::borrow::Cow;

use crate::api::{RespondentId, SurveySpec};
use crate::links::inspect;

/// What is on record of the identifier in the links of a survey. Where nothing is, a placeholder in a link shows that
/// there is one all the same; links without any are the same for everybody and carry none.
pub(super) fn respondent_id(survey: &SurveySpec) -> Option<Cow<'_, RespondentId>> {
    match &survey.respondent_id {
        Some(id) => Some(Cow::Borrowed(id)),
        None if survey.links.iter().any(|link| inspect(link).templated) => {
            Some(Cow::Owned(RespondentId::default()))
        }
        None => None,
    }
}
