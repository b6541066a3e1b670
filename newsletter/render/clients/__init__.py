"""An issue as named mail programs show it, from the data of caniemail.com.

`CLIENTS` names them, `as_shown(html, client)` gives the page one of them would show.
"""

from newsletter.render.clients.catalogue import CLIENTS, Client, client_named, reader_shares
from newsletter.render.clients.view import as_shown

__all__ = ["CLIENTS", "Client", "as_shown", "client_named", "reader_shares"]
