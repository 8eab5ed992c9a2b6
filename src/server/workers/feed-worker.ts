/** The thread: one feed at a time is read, built or opened. */
import { runFeedJob, type FeedJob } from './feed-jobs.ts';
import { answerJobs } from './thread-side.ts';

answerJobs('FEED_UNREADABLE', (job) => runFeedJob(job as FeedJob));
