"""Refusals about the files of banks and gateways."""

from marketplace.foundation.errors import Refused
from payments.statements.mapping import ProfileIncomplete
from payments.statements.queries import ProfileNotFound, UploadNotFound
from payments.statements.uploads import UploadMoved
from web.sentences.marking import N_

ANSWERS: dict[type[Refused], tuple[int, str]] = {
    UploadNotFound: (404, N_("This file is not here any more. Please hand it in again.")),
    UploadMoved: (409, N_("This file is at another step already. Open the page again to see where it is.")),
    ProfileNotFound: (404, N_("This profile is not there.")),
    ProfileIncomplete: (422, N_("The profile does not say yet what every line needs: {lacks}.")),
}
