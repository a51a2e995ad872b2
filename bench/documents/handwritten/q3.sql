-- Q3 by hand. $1 the viewer and everybody below, $2 whom a share reaches the viewer by, $3 the instant, $4 the stage of life.
WITH page AS MATERIALIZED (
  SELECT p.id, p.name, p.short_name, p.credit_code, p.lifecycle, p.website, p.credit_limit, p.payment_terms_days,
    p.last_contact_at, p.next_contact_at, p.version, p.updated_at
  FROM party p
  WHERE p.type = 'CUSTOMER' AND p.deleted_at IS NULL AND p.lifecycle = $4 AND p.updated_at < $3 AND {rights}
  ORDER BY p.updated_at DESC, p.id DESC LIMIT 51
)
SELECT row_to_json(a) FROM (SELECT (SELECT row_to_json(d) FROM (SELECT (SELECT row_to_json(l) FROM (SELECT
  (SELECT row_to_json(i) FROM (SELECT (SELECT count(*) > 50 FROM page) AS "hasNextPage") i) AS "pageInfo",
  (SELECT coalesce(json_agg(c), '[]') FROM (
    SELECT p.id, p.name, p.short_name AS "shortName", p.credit_code AS "creditCode", p.lifecycle, p.website,
      p.credit_limit::text AS "creditLimit", p.payment_terms_days AS "paymentTermsDays", p.last_contact_at AS "lastContactAt",
      p.next_contact_at AS "nextContactAt", p.version, p.updated_at AS "updatedAt"
    FROM page p ORDER BY p.updated_at DESC, p.id DESC LIMIT 50
  ) c) AS nodes
) l) AS customers) d) AS data) a
