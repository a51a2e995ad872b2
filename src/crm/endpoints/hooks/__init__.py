"""What other systems tell us over HTTP, each message signed with a secret that its source and we share."""
