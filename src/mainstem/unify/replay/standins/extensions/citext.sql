-- A domain: the right name in the catalog, without comparing in lower case.
create domain citext as text;
