//! Who a review commit is by.

use gix::{ObjectId, actor::Signature, bstr::BString};

/// Author and committer.
pub(super) struct Who {
    author: Signature,
    committer: Signature,
}

impl Who {
    /// The user that git knows, or else the agent, under an address that takes no mail.
    pub(super) fn of(repo: &gix::Repository, agent: &str) -> Who {
        let time = gix::date::Time::now_local_or_utc();
        let fallback = || Signature {
            name: BString::from(plain(agent)),
            email: BString::from("noreply@coderoom.invalid"),
            time,
        };
        let known = |signature: Option<gix::Result<gix::actor::SignatureRef<'_>>>| {
            let signature = signature?.ok()?.trim();
            let (name, email) = (signature.name.to_owned(), signature.email.to_owned());
            (!name.is_empty()).then_some(Signature { name, email, time })
        };
        let author = known(repo.author()).unwrap_or_else(fallback);
        let committer = known(repo.committer()).unwrap_or_else(|| author.clone());
        Who { author, committer }
    }

    /// Whose name the reflog gets.
    pub(super) fn committer(&self) -> &Signature {
        &self.committer
    }

    /// The commit object.
    pub(super) fn commit(
        &self,
        tree: ObjectId,
        parent: Option<ObjectId>,
        message: &str,
    ) -> gix::objs::Commit {
        gix::objs::Commit {
            tree,
            parents: parent.into_iter().collect(),
            author: self.author.clone(),
            committer: self.committer.clone(),
            encoding: None,
            message: message.into(),
            extra_headers: Vec::new(),
        }
    }
}

/// A name that git takes.
fn plain(agent: &str) -> String {
    let allowed = |c: char| !c.is_control() && !matches!(c, '<' | '>');
    let name: String = agent.chars().filter(|c| allowed(*c)).collect();
    match name.trim() {
        "" => "coderoom".to_owned(),
        name => name.to_owned(),
    }
}
