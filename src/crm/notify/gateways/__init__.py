"""Lines to the outside: switchboards that are listened to, and dial for people, whatever their wire protocol."""
