-- Q2 by hand. $1 the viewer and everybody below, $2 whom a share reaches the viewer by, $3 the instant.
WITH page AS MATERIALIZED (
  SELECT p.* FROM party p
  WHERE p.type = 'CUSTOMER' AND p.deleted_at IS NULL AND p.updated_at < $3 AND {rights}
  ORDER BY p.updated_at DESC, p.id DESC LIMIT 51
)
SELECT row_to_json(a) FROM (SELECT (SELECT row_to_json(d) FROM (SELECT (SELECT row_to_json(l) FROM (SELECT
  (SELECT row_to_json(i) FROM (SELECT (SELECT count(*) > 50 FROM page) AS "hasNextPage") i) AS "pageInfo",
  (SELECT coalesce(json_agg(c), '[]') FROM (
    SELECT p.id, p.name, p.short_name AS "shortName", p.lifecycle, p.credit_limit::text AS "creditLimit",
      p.next_contact_at AS "nextContactAt", p.updated_at AS "updatedAt",
      (SELECT row_to_json(r) FROM (SELECT u.id, u.username, u.display_name AS "displayName"
        FROM user_account u WHERE u.id = p.owner_id) r) AS owner,
      (SELECT row_to_json(n) FROM (SELECT coalesce(json_agg(r), '[]') AS nodes FROM (
        SELECT x.id, x.name, x.title, x."primary" FROM contact x WHERE x.party_id = p.id AND x.deleted_at IS NULL
        ORDER BY x.name_key, x.id LIMIT 3) r) n) AS contacts,
      (SELECT row_to_json(n) FROM (SELECT coalesce(json_agg(r), '[]') AS nodes FROM (
        SELECT x.id, x.kind, x.subject, x.status, x.planned_at AS "plannedAt", x.done_at AS "doneAt",
          (SELECT row_to_json(o) FROM (SELECT u.id, u.display_name AS "displayName"
            FROM user_account u WHERE u.id = x.owner_id) o) AS owner
        FROM activity x WHERE x.party_id = p.id AND x.deleted_at IS NULL
        ORDER BY x.created_at DESC, x.id DESC LIMIT 5) r) n) AS activities,
      (SELECT row_to_json(n) FROM (SELECT coalesce(json_agg(r), '[]') AS nodes FROM (
        SELECT x.id, x.title, x.amount::text AS amount, x.currency, x.probability, x.expected_close_on AS "expectedCloseOn"
        FROM opportunity x WHERE x.party_id = p.id AND x.deleted_at IS NULL AND x.status = 'OPEN'
        ORDER BY x.updated_at DESC, x.id DESC LIMIT 10) r) n) AS opportunities
    FROM (SELECT * FROM page ORDER BY updated_at DESC, id DESC LIMIT 50) p
  ) c) AS nodes
) l) AS customers) d) AS data) a
