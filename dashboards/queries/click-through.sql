-- What became of lists of recommendations, by the model version that made them, newest first:
-- of what was shown and clicked from `from` (inclusive) to `to` (exclusive).
-- A list counts once, however often it was shown or clicked; one that was clicked was shown, even if nothing says so.
-- Whose lists were clicked, and whose were not, is counted, so that neither is told of a few.
-- Its artists are as many as it had when it was shown longest. An event that was sent twice has one id.
SELECT
    model_version AS modelVersion,
    count() AS listsShown,
    sum(artists) AS artistsShown,
    sum(times_clicked) AS clicks,
    countIf(times_clicked > 0) / listsShown AS clickThrough,
    uniqCombinedArray(14)(list_listeners) AS listeners,
    uniqCombinedArrayIf(14)(list_listeners, times_clicked > 0) AS clickedBy,
    uniqCombinedArrayIf(14)(list_listeners, times_clicked = 0) AS leftBy
FROM
(
    SELECT
        model_version,
        recommendation_id,
        max(artists) AS artists,
        sum(clicked) AS times_clicked,
        groupUniqArray(listener) AS list_listeners
    FROM
    (
        SELECT model_version, recommendation_id, listener, length(artist_ids) AS artists, 0 AS clicked
        FROM recommendations_shown
        WHERE shown_at >= {from: DateTime64(3, 'UTC')}
          AND shown_at < {to: DateTime64(3, 'UTC')}
        UNION ALL
        SELECT model_version, recommendation_id, listener, 1 AS artists, 1 AS clicked
        FROM recommendations_clicked
        WHERE clicked_at >= {from: DateTime64(3, 'UTC')}
          AND clicked_at < {to: DateTime64(3, 'UTC')}
        LIMIT 1 BY event_id
    )
    GROUP BY model_version, recommendation_id
)
GROUP BY model_version
ORDER BY model_version DESC
LIMIT 20
