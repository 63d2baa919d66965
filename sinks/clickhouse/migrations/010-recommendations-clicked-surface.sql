-- Where it was clicked, since recommendation-clicked.v2.
ALTER TABLE recommendations_clicked
    ADD COLUMN IF NOT EXISTS surface LowCardinality(String) DEFAULT 'unknown' AFTER clicked_at
