"""The file is there, and only for those who have logged in or agreed to its terms.

What is seen

    From kagglehub `You don't have permission to access resource … requiring consent`, from Hugging Face `Cannot access
    gated repo` and `GatedRepoError`, from Kaggle's client `Could not find kaggle.json`, and 401 of any server.

Why

    Some models (Gemma among them) are given only to accounts that have accepted a licence on the model's page.

Remedy

    Accept the terms on the model's page with the account whose key is used, and give that key to the program.
"""

from __future__ import annotations

from loadstone.checks.fault import Fault, Saying

FAULT = Fault(
    "auth-consent-missing",
    "error",
    help="accept the terms on the model's page, then log in with that account (kagglehub.login(), hf auth login)",
    reference="https://www.kaggle.com/docs/api#authentication",
)

TEXTS = (
    Saying(
        r"(?:make sure you are authenticated|requiring consent|consent (?:is )?(?:required|missing|form)|"
        r"must (?:accept|agree to|consent)|has not (?:been )?(?:consented|accepted)|need to consent|have not consented|"
        r"accept the (?:license|licence|terms|conditions))",
        "the resource is given only to accounts that have agreed to its terms",
        "likely",
    ),
    Saying(
        r"GatedRepoError|[Cc]annot access gated repo|Access to model \S+ is restricted|is a gated (?:repo|model)|"
        r"not in the authorized list|[Yy]our request to access model",
        "the repository is gated: its owner has to let the account in",
        help="ask for access on the model's page, then log in: hf auth login",
    ),
    Saying(
        r"Could not find kaggle\.json|KAGGLE_USERNAME|kaggle\.json.*(?:not found|missing)|KaggleApiHTTPError: 401",
        "Kaggle's client has no key to log in with",
        help="put the key of your account's settings page into ~/.kaggle/kaggle.json, or call kagglehub.login()",
    ),
    Saying(
        r"HTTP Error 401|401 Client Error|401 -- |ERROR 401|\b401[:,]? Unauthorized|[Uu]nauthenticated|"
        r"must be authenticated to access|anonymous caller does not have storage\.objects",
        "the server demands a login (401)",
        "likely",
        unless=(r"Repository Not Found|RepositoryNotFoundError",),
    ),
)
