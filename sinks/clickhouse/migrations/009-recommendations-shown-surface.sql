-- Where it was shown, since recommendation-shown.v2.
ALTER TABLE recommendations_shown
    ADD COLUMN IF NOT EXISTS surface LowCardinality(String) DEFAULT 'unknown' AFTER shown_at
